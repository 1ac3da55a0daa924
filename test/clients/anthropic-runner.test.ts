import { anthropicRunners } from "./support/anthropic-clients.ts";
import { matrix } from "./support/matrix/matrix.ts";

matrix(anthropicRunners);
