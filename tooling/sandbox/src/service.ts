/** What the sandbox speaks the protocol of. */
export type Service = "ec2" | "sts";
