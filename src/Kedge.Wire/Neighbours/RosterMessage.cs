namespace Kedge.Wire.Neighbours;

/// <summary>
/// Answer to <c>GET /v1/neighbours</c>: the devices of the asking device's site that others may fetch from, itself
/// among
/// them where it says an address. Who is not in it is not answered by those who hold it.
/// </summary>
public sealed record RosterMessage
{
    /// <summary>Version of the message.</summary>
    public int V { get; init; } = 1;

    /// <summary>
    /// Value of the device's label <c>site</c>; empty for a device without one, which has no neighbours.
    /// </summary>
    public string Site { get; init; } = "";

    /// <summary>Devices in order of their names.</summary>
    public IReadOnlyList<RosterDevice> Devices { get; init; } = [];
}

/// <summary>One device of a site.</summary>
public sealed record RosterDevice
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where it answers, each <c>host:port</c>, in the order in which they are to be tried.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>SHA-256 of its enrolled public key: nobody else is it.</summary>
    public string KeyId { get; init; } = "";
}
