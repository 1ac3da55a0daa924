import { fetchClients } from "./support/plain/fetch.ts";
import { matrix } from "./support/matrix/matrix.ts";

matrix(fetchClients);
