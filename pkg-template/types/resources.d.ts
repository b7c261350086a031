/** Resources: their lists, and what is in them. */
import type { JsonObject } from "./jsonrpc.js";
import type { Annotations, CacheableResult, Icon, Page, RequestMeta } from "./protocol.js";

/** A resource. */
export interface Resource {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  /** In bytes. */
  size?: number;
  icons?: Icon[];
  annotations?: Annotations;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** Many resources: their URIs by RFC 6570. */
export interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  icons?: Icon[];
  annotations?: Annotations;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/**
 * What is in a resource, or in a part of it: text, or bytes in base64.
 *
 * @example
 * ```ts
 * const bytes = contents.blob && Uint8Array.from(atob(contents.blob), (c) => c.charCodeAt(0));
 * ```
 */
export interface ResourceContents {
  uri: string;
  mimeType?: string;
  text?: string;
  blob?: string;
  _meta?: JsonObject;
  [key: string]: unknown;
}

/** The part of a resource that is text. */
export interface TextResourceContents extends ResourceContents {
  text: string;
}

/** The part of a resource that is bytes. */
export interface BlobResourceContents extends ResourceContents {
  /** In base64. */
  blob: string;
}

/** The server's resources. */
export interface ListResourcesResult extends Page {
  resources: Resource[];
}

/** The server's templates of resource URIs. */
export interface ListResourceTemplatesResult extends Page {
  resourceTemplates: ResourceTemplate[];
}

/** Which resource a request is about. */
export interface ResourceParams {
  uri: string;
  _meta?: RequestMeta;
}

/** What a resource holds. */
export interface ReadResourceResult extends CacheableResult {
  contents: ResourceContents[];
}
