import { matrix } from "./support/matrix/matrix.ts";
import { agentsResponses } from "./support/agents-clients.ts";

matrix(agentsResponses);
