import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answerBody } from "../bodies.ts";

/** One process in the foreground: a master would leave its worker behind when it is killed. */
function nginxFile(folder: string, name: string, http: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${name}_${kind};`)
    .join(" ");
  return `daemon off; master_process off; worker_rlimit_nofile 20000;
pid ${folder}/${name}.pid; error_log ${folder}/${name}.log warn;
events { worker_connections 15000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_max_body_size 64m; client_body_buffer_size 2m; tcp_nodelay on;
  ${temporary}
${http}
}
`;
}

/**
 * Configuration of nginx as the mock model of whole answers: it reads the whole request, as every
 * model endpoint does, and answers a fixed chat completion. (Without the mirror nginx answers before
 * the body is in, and the load generator would never pay for sending it.)
 */
export async function writeMock(folder: string, port: number): Promise<string> {
  await mkdir(join(folder, "www"), { recursive: true });
  await writeFile(join(folder, "www", "chat.json"), answerBody);
  const file = join(folder, `mock-${port}.conf`);
  await writeFile(
    file,
    nginxFile(
      folder,
      `mock-${port}`,
      `  open_file_cache max=10 inactive=10m; open_file_cache_valid 10m;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder}/www;
    mirror /_read; mirror_request_body on;
    location = /_read { internal; return 204; }
    location / { error_page 405 =200 /chat.json; default_type application/json; try_files /chat.json =404; }
    location = /chat.json { default_type application/json; types {} }
  }`,
    ),
  );
  return file;
}

/** Configuration of nginx as a subject: one worker, connections kept, nothing buffered. */
export async function writeProxy(folder: string, port: number, upstream: string): Promise<string> {
  const file = join(folder, `proxy-${port}.conf`);
  await writeFile(
    file,
    nginxFile(
      folder,
      `proxy-${port}`,
      `  upstream model { server ${new URL(upstream).host}; keepalive 6000; keepalive_requests 1000000000; keepalive_timeout 600s; }
  server {
    listen 127.0.0.1:${port} backlog=8192;
    location / {
      proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 600s;
    }
  }`,
    ),
  );
  return file;
}
