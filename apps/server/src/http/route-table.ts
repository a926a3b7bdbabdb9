import { quote } from "@cloudlink/core";
import type { FastifyInstance } from "fastify";
import { type HttpRefusal, refused } from "./http-refusal.ts";

/** The routes there are, to tell a wrong method from a wrong path. */
export interface RouteTable {
  /** What to answer to a method and target that lead nowhere: 405 with the methods of the path, or 404. */
  refuse(method: string, url: string): HttpRefusal;
}

/** Watches the routes that are added from now on. */
export function watchRoutes(app: FastifyInstance): RouteTable {
  const routes = new Map<string, { readonly form: RegExp; readonly methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method }) => {
    const route = routes.get(url) ?? { form: formOf(url), methods: new Set() };
    for (const each of [method].flat()) route.methods.add(each);
    routes.set(url, route);
  });
  return {
    refuse(method, url) {
      const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "") || "/";
      const methods = [...routes.values()].filter(({ form }) => form.test(path)).flatMap((route) => [...route.methods]);
      // A route of many paths may have nothing at this one.
      if (methods.length === 0 || methods.includes(method)) {
        return refused(404, {
          message: `There is nothing at ${quote(path)}. What there is stands in /openapi.json and /docs.`,
        });
      }
      const allow = [...new Set(methods)].sort().join(", ");
      return refused(405, { message: `${quote(method)} is not for ${quote(path)}, but ${allow}.`, headers: { allow } });
    },
  };
}

/** `/v1/kinds/:name` and `/docs/static/*` as what matches their paths. */
function formOf(pattern: string): RegExp {
  const parts = pattern.split("/").map((part) => {
    if (part.startsWith(":")) return "[^/]+";
    return part === "*" ? ".*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}
