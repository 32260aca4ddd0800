using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Auth;

/// <summary>What can keep a device from enrolling, renewing or connecting.</summary>
public static class EnrolErrors
{
    /// <summary>Token malformed.</summary>
    public static readonly ErrorCode TokenMalformed = new(
        "KEDGE-ENROL-001",
        "The enrolment token cannot be read.",
        "Copy the whole token, which starts with kedge-enrol-v1, or make a new one.");

    /// <summary>Token unknown here.</summary>
    public static readonly ErrorCode TokenUnknown = new(
        "KEDGE-ENROL-002",
        "The enrolment token is not known to this server: it was deleted, or belongs to another tenant or server.",
        "Make a new token on the server that the device is to enrol with.");

    /// <summary>Token expired.</summary>
    public static readonly ErrorCode TokenExpired = new(
        "KEDGE-ENROL-003",
        "The enrolment token has expired.",
        "Make a new token with 'kedge token create'; give it a longer life with --ttl if devices start late.");

    /// <summary>Token used up.</summary>
    public static readonly ErrorCode TokenUsedUp = new(
        "KEDGE-ENROL-004",
        "The enrolment token was used as often as it may be.",
        "Make a new token; if you did not use this one, look at the events for who did, and revoke that device.");

    /// <summary>Token for another device.</summary>
    public static readonly ErrorCode TokenForOther = new(
        "KEDGE-ENROL-005",
        "The enrolment token is for a device of another name, or not for replacing hardware.",
        "Use the name that the token was made for, or make a token for this device.");

    /// <summary>Name taken.</summary>
    public static readonly ErrorCode NameTaken = new(
        "KEDGE-ENROL-006",
        "Another device has enrolled under this name.",
        "Choose another name, or run 'kedge device replace NAME' if this is new hardware for the old name.");

    /// <summary>CSR refused.</summary>
    public static readonly ErrorCode BadRequest = new(
        "KEDGE-ENROL-007",
        "The certificate request is malformed, not signed by its own key, or its key is not ECDSA P-256.",
        "Update the agent; requests are made by 'kedge-agent enroll'.");

    /// <summary>Foreign certificate.</summary>
    public static readonly ErrorCode ForeignCertificate = new(
        "KEDGE-ENROL-008",
        "The certificate was not issued by this server's authority.",
        "Enrol the device with this server, or point its agent at the server that it enrolled with.");

    /// <summary>Certificate expired.</summary>
    public static readonly ErrorCode CertificateExpired = new(
        "KEDGE-ENROL-009",
        "The device's certificate has expired.",
        "The agent renews by itself with POST /v1/renew and the enrolled key; check that it reaches the server.");

    /// <summary>Device revoked.</summary>
    public static readonly ErrorCode Revoked = new(
        "KEDGE-ENROL-010",
        "The device or its certificate was revoked.",
        "If it is trusted again, run 'kedge device replace NAME' and enrol it with the new token.");

    /// <summary>Other key than the enrolled one.</summary>
    public static readonly ErrorCode OtherKey = new(
        "KEDGE-ENROL-011",
        "The key is not the one that this device enrolled with: its hardware was replaced, or it is foreign.",
        "Take the old hardware off the network; new hardware enrols with a token from 'kedge device replace NAME'.");

    /// <summary>No certificate.</summary>
    public static readonly ErrorCode NoCertificate = new(
        "KEDGE-ENROL-012",
        "The call needs a device's certificate and came without one.",
        "Call it from an enrolled agent, or enrol first.");

    /// <summary>Second connection with one certificate.</summary>
    public static readonly ErrorCode Cloned = new(
        "KEDGE-ENROL-013",
        "Two connections use one device's certificate at the same time; the newer one is kept.",
        "If it repeats, its data folder was copied to a second machine: run 'kedge device replace NAME'.");

    /// <summary>Device unknown.</summary>
    public static readonly ErrorCode UnknownDevice = new(
        "KEDGE-ENROL-014",
        "The device was deleted from this server.",
        "Enrol it again with a new token, or wipe its data folder.");

    /// <summary>Name not a DNS label.</summary>
    public static readonly ErrorCode BadName = new(
        "KEDGE-ENROL-015",
        "The name, the incarnation or a label of the device is out of its rules.",
        "Use 1 to 63 lower-case letters, digits and hyphens as name, and Kubernetes' rules for labels.");
}
