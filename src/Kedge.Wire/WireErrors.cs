using Kedge.Core.Errors;

namespace Kedge.Wire;

/// <summary>Errors of messages that cross the device link.</summary>
public static class WireErrors
{
    /// <summary>Not two lines, or a line of the wrong form.</summary>
    public static readonly ErrorCode NotSigned = new(
        "KEDGE-LINK-001",
        "A signed message did not have the form of one line of JSON and one line of key id and signature.",
        "Nothing was applied. Check what publishes on the device's topics.");

    /// <summary>Signed by a key that the owner did not certify.</summary>
    public static readonly ErrorCode UnknownKey = new(
        "KEDGE-LINK-002",
        "A desired state was signed by a key that the owner of the fleet has not certified.",
        "Nothing was applied. Publish the new key with `kedge server keys`, or find who else sends desired states.");

    /// <summary>The signature does not fit the bytes.</summary>
    public static readonly ErrorCode BadSignature = new(
        "KEDGE-LINK-003",
        "The signature of a message does not fit its bytes.",
        "Nothing was applied. The message was changed on its way or in the store.");

    /// <summary>The JSON could not be read.</summary>
    public static readonly ErrorCode Malformed = new(
        "KEDGE-LINK-004",
        "A message on the device link could not be read.",
        "Nothing was applied. Server and agent may be more than two minor versions apart.");

    /// <summary>A critical field is unknown.</summary>
    public static readonly ErrorCode UnknownCritical = new(
        "KEDGE-LINK-005",
        "A desired state needs a feature that this agent does not know.",
        "The device keeps what it runs. Update the agent, or take the feature out of the deployment.");

    /// <summary>Meant for another tenant, device or key.</summary>
    public static readonly ErrorCode NotForUs = new(
        "KEDGE-LINK-006",
        "A desired state was meant for another tenant, device or device key.",
        "Nothing was applied. After broken hardware was replaced, the next generation names the new key.");

    /// <summary>The same generation with other content.</summary>
    public static readonly ErrorCode Conflict = new(
        "KEDGE-LINK-007",
        "Two different desired states carry the same generation.",
        "The device keeps the first. Two control planes may write for one fleet: look at their stores.");

    /// <summary>A question that the agent does not know.</summary>
    public static readonly ErrorCode UnknownQuestion = new(
        "KEDGE-LINK-008",
        "A device was asked something that its agent does not know.",
        "Update the agent: the control plane is newer.");

    /// <summary>A question with a field out of its range.</summary>
    public static readonly ErrorCode BadQuestion = new(
        "KEDGE-LINK-009",
        "A device was asked a question with a field that is missing or out of its range.",
        "Ask for 1 to 10000 lines of a workload by its name.");
}
