using Kedge.Core.Errors;

namespace Kedge.Agent.Neighbours;

/// <summary>Errors between devices of one site.</summary>
public static class NeighbourErrors
{
    /// <summary>The address cannot be listened on.</summary>
    public static readonly ErrorCode NotListening = new(
        "KEDGE-AGENT-046",
        "The address for neighbours cannot be listened on.",
        "Set neighbours.listen in agent.json to an address of this device and a free port, or take it out.");

    /// <summary>The caller is none of this site.</summary>
    public static readonly ErrorCode NotNeighbour = new(
        "KEDGE-AGENT-047",
        "The device that asks is not in the roster of this device's site.",
        "Give both devices the same label site; one that was revoked is not answered any more.");

    /// <summary>The request cannot be read.</summary>
    public static readonly ErrorCode BadRequest = new(
        "KEDGE-AGENT-048",
        "The request is none that devices of one site make of each other.",
        "See docs/protocol/neighbours.md for what there is.");

    /// <summary>It is not here.</summary>
    public static readonly ErrorCode NotHere = new(
        "KEDGE-AGENT-049",
        "The device does not have these bytes, or not any more.",
        "Nothing: whoever asks takes them from another device or from the server.");

    /// <summary>Wrong bytes.</summary>
    public static readonly ErrorCode WrongBytes = new(
        "KEDGE-AGENT-050",
        "A neighbour gave bytes that are not what it was asked for.",
        "It is left out for an hour. Look for bad memory or a stranger on that device; revoke it if in doubt.");

    /// <summary>Protocol broken.</summary>
    public static readonly ErrorCode BadAnswer = new(
        "KEDGE-AGENT-051",
        "A neighbour's answer is too long, too short or none that a device gives.",
        "It is left out for an hour. Look at what runs on that device; revoke it if in doubt.");

    /// <summary>Too slow.</summary>
    public static readonly ErrorCode TooSlow = new(
        "KEDGE-AGENT-052",
        "A neighbour began an answer and did not end it in time.",
        "It is left out for an hour. Look at the network between the two devices and at what else that device does.");

    /// <summary>Breaks its word.</summary>
    public static readonly ErrorCode BrokenWord = new(
        "KEDGE-AGENT-053",
        "A neighbour says again and again that it has chunks and does not give them.",
        "It is left out for an hour. Look for a bad disk on that device.");

    /// <summary>Busy.</summary>
    public static readonly ErrorCode Busy = new(
        "KEDGE-AGENT-054",
        "The device gives as much to others already as it may.",
        "Nothing: whoever asks takes the bytes from another device or from the server. See neighbours.limit.");
}
