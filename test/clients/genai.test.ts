import { matrix } from "./support/matrix/matrix.ts";
import { genaiClients } from "./support/genai-clients.ts";

matrix(genaiClients);
