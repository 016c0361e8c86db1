import { parseCpuList } from "../../../service/src/engine/cpu-list.js";

it.each([
  ["0", [0]],
  ["0-3", [0, 1, 2, 3]],
  ["0-2,5,7-8\n", [0, 1, 2, 5, 7, 8]],
])("%j has the processors %j", (list, numbers) => expect([...parseCpuList(list)]).toEqual(numbers));
