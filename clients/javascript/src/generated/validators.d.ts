// Written by scripts/generate.mjs: do not edit.

export interface Violation {
  keyword: string;
  instancePath: string;
  propertyName?: string;
  params: Record<string, unknown>;
}

export interface Validator {
  (document: unknown): boolean;
  errors: Violation[] | null;
}

export const VALIDATORS: Readonly<Record<number, Validator>>;
