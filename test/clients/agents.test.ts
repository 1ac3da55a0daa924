import { agentsChat } from "./support/agents-clients.ts";
import { matrix } from "./support/matrix/matrix.ts";

matrix(agentsChat);
