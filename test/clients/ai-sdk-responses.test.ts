import { matrix } from "./support/matrix/matrix.ts";
import { aiSdkResponses } from "./support/ai-sdk-clients.ts";

matrix(aiSdkResponses);
