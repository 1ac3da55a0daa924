import { matrix } from "./support/matrix/matrix.ts";
import { aiSdkGoogle } from "./support/ai-sdk-clients.ts";

matrix(aiSdkGoogle);
