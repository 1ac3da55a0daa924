import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answerBody } from "./bodies.ts";

/**
 * Configuration of nginx as the mock model: it reads the whole request, as every model endpoint
 * does, and answers a fixed chat completion. (Without the mirror nginx answers before the body is
 * in, and the load generator would never pay for sending it.)
 */
export async function writeMock(folder: string, port: number): Promise<string> {
  await mkdir(join(folder, "www"), { recursive: true });
  await writeFile(join(folder, "www", "chat.json"), answerBody);
  const file = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  await writeFile(
    file,
    `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log warn;
user root;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_max_body_size 64m; client_body_buffer_size 2m; tcp_nodelay on;
  ${temporary.join(" ")}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder}/www;
    mirror /_read; mirror_request_body on;
    location = /_read { internal; return 204; }
    location / { error_page 405 =200 /chat.json; default_type application/json; try_files /chat.json =404; }
    location = /chat.json { default_type application/json; types {} }
  }
}
`.replace("user root;\n", process.getuid?.() === 0 ? "user root;\n" : ""),
  );
  return file;
}
