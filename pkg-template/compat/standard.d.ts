/** Schemas by the Standard Schema and Standard JSON Schema interfaces, which zod, Valibot, ArkType and others have. */

interface Typed<Input, Output> {
  readonly version: 1;
  readonly vendor: string;
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}
/** A schema of whatever it makes of whatever. */
type Whatever = { readonly "~standard": Typed<any, any> };
type InputOf<Schema extends Whatever> = NonNullable<Schema["~standard"]["types"]>["input"];
type OutputOf<Schema extends Whatever> = NonNullable<Schema["~standard"]["types"]>["output"];

/** A schema that checks values. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": StandardSchemaV1.Props<Input, Output>;
}
export namespace StandardSchemaV1 {
  interface Props<Input = unknown, Output = Input> extends Typed<Input, Output> {
    readonly validate: (value: unknown, options?: Options | undefined) => Result<Output> | Promise<Result<Output>>;
  }
  interface Options {
    readonly libraryOptions?: Record<string, unknown> | undefined;
  }
  type Result<Output> = SuccessResult<Output> | FailureResult;
  interface SuccessResult<Output> {
    readonly value: Output;
    readonly issues?: undefined;
  }
  interface FailureResult {
    readonly issues: ReadonlyArray<Issue>;
  }
  interface Issue {
    readonly message: string;
    readonly path?: ReadonlyArray<PropertyKey | PathSegment> | undefined;
  }
  interface PathSegment {
    readonly key: PropertyKey;
  }
  type InferInput<Schema extends Whatever> = InputOf<Schema>;
  type InferOutput<Schema extends Whatever> = OutputOf<Schema>;
}

/** A schema that checks values at once. */
export interface StandardSchemaV1Sync<Input = unknown, Output = Input> extends StandardSchemaV1<Input, Output> {
  readonly "~standard": StandardSchemaV1Sync.Props<Input, Output>;
}
export namespace StandardSchemaV1Sync {
  interface Props<Input = unknown, Output = Input> extends StandardSchemaV1.Props<Input, Output> {
    readonly validate: (
      value: unknown,
      options?: StandardSchemaV1.Options | undefined,
    ) => StandardSchemaV1.Result<Output>;
  }
  type InferInput<Schema extends Whatever> = InputOf<Schema>;
  type InferOutput<Schema extends Whatever> = OutputOf<Schema>;
}

/** A schema that checks values, and can say itself as JSON Schema. */
export interface StandardSchemaWithJSON<Input = unknown, Output = Input> {
  readonly "~standard": StandardSchemaV1.Props<Input, Output> & {
    readonly jsonSchema: {
      readonly input: (options: JSONSchemaOptions) => Record<string, unknown>;
      readonly output: (options: JSONSchemaOptions) => Record<string, unknown>;
    };
  };
}
export namespace StandardSchemaWithJSON {
  type InferInput<Schema extends Whatever> = InputOf<Schema>;
  type InferOutput<Schema extends Whatever> = OutputOf<Schema>;
}
interface JSONSchemaOptions {
  readonly target: "draft-2020-12" | "draft-07" | "openapi-3.0" | (object & string);
  readonly libraryOptions?: Record<string, unknown> | undefined;
}
export {};
