/** What {@link aws} takes. Everything may be left out: then it is as with AWS's own tools. */
export interface AwsSettings {
  /**
   * Where EC2 and STS are, in place of AWS's own endpoints. Left out, the SDK's variables are honoured (`AWS_ENDPOINT_URL`,
   * `AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL_STS`), and `endpoint_url` of the profile that `AWS_PROFILE` names.
   */
  readonly endpoint?: string;
  /** The regions a list looks in when nobody names any; left out, the one of environment or profile. */
  readonly regions?: readonly string[];
  /** A profile of the shared configuration files. */
  readonly profile?: string;
  /** The ARN of a role to assume with the credentials that were found; `{account}` in it stands for the account of the call. */
  readonly roleArn?: string;
  /** What the role's trust policy asks for from third parties. */
  readonly externalId?: string;
  /** A file of certificates, in PEM, that servers are checked against instead of the usual ones. Left out, `AWS_CA_BUNDLE` is honoured. */
  readonly caFile?: string;
}

/** Names of the parameters that an `ambient` lease may steer this provider by; they take precedence over its settings. */
export const ambientParameters = ["profile", "roleArn", "externalId"] as const;

/** Names of the keys that a `keys` lease holds. */
export const leaseKeys = ["accessKeyId", "secretAccessKey", "sessionToken"] as const;
