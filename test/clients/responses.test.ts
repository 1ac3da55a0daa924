import { matrix } from "./support/matrix/matrix.ts";
import { responsesClients } from "./support/responses-clients.ts";

matrix(responsesClients);
