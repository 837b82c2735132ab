declare module "mochawesome" {
  import type Mocha from "mocha";

  export default class Mochawesome extends Mocha.reporters.Base {
    override done(failures: number, finished: (failures: number) => void): void;
  }
}

declare module "mochawesome/addContext.js" {
  import type Mocha from "mocha";

  export default function addContext(test: Mocha.Context, context: { title: string; value: unknown }): void;
}
