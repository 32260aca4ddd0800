namespace Kedge.Mqtt.Codec;

/// <summary>What the reader takes at most; each is checked before memory is spent.</summary>
public sealed record MqttReadLimits
{
    /// <summary>The largest packet that the standard knows: 5 bytes of header and 268,435,455 of body.</summary>
    public const int StandardPacketBytesMax = 268_435_460;

    /// <summary>Whole packet, bytes. 256 KiB: a desired state of many workloads fits several times.</summary>
    public int PacketBytesMax { get; init; } = 256 * 1024;

    /// <summary>User properties of one packet; a count. The link itself sends none.</summary>
    public int UserPropertiesMax { get; init; } = 64;

    /// <summary>Filters of one SUBSCRIBE or UNSUBSCRIBE; a count.</summary>
    public int FiltersMax { get; init; } = 64;

    /// <summary>Subscription identifiers of one PUBLISH; a count.</summary>
    public int SubscriptionIdentifiersMax { get; init; } = 16;
}
