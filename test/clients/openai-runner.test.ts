import { openaiRunners } from "./support/openai-clients.ts";
import { matrix } from "./support/matrix/matrix.ts";

matrix(openaiRunners);
