using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Auth;

/// <summary>What can keep an administrator's call from being heard.</summary>
public static class AuthErrors
{
    /// <summary>No credential.</summary>
    public static readonly ErrorCode Missing = new(
        "KEDGE-AUTH-001",
        "The call came without a credential; no call is anonymous.",
        "Use the context that the server wrote at its first start: 'kedge config get-contexts' lists what there is.");

    /// <summary>Credential not known.</summary>
    public static readonly ErrorCode Refused = new(
        "KEDGE-AUTH-002",
        "The credential is not known to this server, was revoked, or has expired.",
        "Ask an administrator for a new credential and put it into your context.");

    /// <summary>Role too small.</summary>
    public static readonly ErrorCode Forbidden = new(
        "KEDGE-AUTH-003",
        "The credential is good, but its role does not allow this call.",
        "Use a credential of the role 'admin' for changes, or of 'viewer' for reading.");

    /// <summary>Role not known.</summary>
    public static readonly ErrorCode UnknownRole = new(
        "KEDGE-AUTH-004",
        "The role asked for does not exist.",
        "Ask for one of: admin, viewer, metrics.");
}
