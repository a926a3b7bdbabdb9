import { describe, expect, test } from "vitest";
import { awsSettingsSchema } from "./settings.schema.ts";

describe("the endpoint of settings from a file", () => {
  test.each(["http://127.0.0.1:1234", "https://ec2.example/path"])("may be %s", (endpoint) => {
    expect(awsSettingsSchema.safeParse({ endpoint }).success).toBe(true);
  });

  test.each(["http://me:hunter2@127.0.0.1", "https://hunter2@ec2.example", "http://:hunter2@ec2.example/"])(
    "has no user and no password, and neither is repeated: %s",
    (endpoint) => {
      const { success, error } = awsSettingsSchema.safeParse({ endpoint });
      expect(success).toBe(false);
      expect(error?.message).toContain("has a user or a password");
      expect(error?.message).not.toContain("hunter2");
    },
  );
});
