import { anthropicClients } from "./support/anthropic-clients.ts";
import { matrix } from "./support/matrix/matrix.ts";

matrix(anthropicClients);
