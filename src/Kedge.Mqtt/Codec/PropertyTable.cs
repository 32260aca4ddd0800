using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>
/// Which property may stand in which packet (MQTT 5.0 table 2-4). Bit N is packet type N; bit 0 is the will.
/// </summary>
internal static class PropertyTable
{
    /// <summary>Stands for the will's own block, which is no packet.</summary>
    public const MqttPacketKind Will = MqttPacketKind.Unknown;

    private const int AnyAck = (1 << 2) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7) | (1 << 9) | (1 << 11)
        | (1 << 14) | (1 << 15);
    private const int UserHomes = AnyAck | (1 << 0) | (1 << 1) | (1 << 3) | (1 << 8) | (1 << 10);

    /// <summary>True when <paramref name="kind"/> may carry the property; false for unknown identifiers too.</summary>
    public static bool IsAllowed(MqttPacketKind kind, uint id) => (Homes(id) & (1 << (int)kind)) != 0;

    private static int Homes(uint id) => id > byte.MaxValue ? 0 : (MqttPropertyId)id switch
    {
        MqttPropertyId.PayloadFormat or MqttPropertyId.MessageExpiry or MqttPropertyId.ContentType
            or MqttPropertyId.ResponseTopic or MqttPropertyId.CorrelationData => (1 << 3) | 1,
        MqttPropertyId.SubscriptionIdentifier => (1 << 3) | (1 << 8),
        MqttPropertyId.SessionExpiry => (1 << 1) | (1 << 2) | (1 << 14),
        MqttPropertyId.AssignedClientId or MqttPropertyId.ServerKeepAlive or MqttPropertyId.ResponseInformation
            or MqttPropertyId.MaximumQos or MqttPropertyId.RetainAvailable or MqttPropertyId.WildcardAvailable
            or MqttPropertyId.SubscriptionIdentifiersAvailable or MqttPropertyId.SharedAvailable => 1 << 2,
        MqttPropertyId.AuthenticationMethod or MqttPropertyId.AuthenticationData => (1 << 1) | (1 << 2) | (1 << 15),
        MqttPropertyId.RequestProblemInformation or MqttPropertyId.RequestResponseInformation => 1 << 1,
        MqttPropertyId.WillDelay => 1,
        MqttPropertyId.ServerReference => (1 << 2) | (1 << 14),
        MqttPropertyId.ReasonString => AnyAck,
        MqttPropertyId.ReceiveMaximum or MqttPropertyId.TopicAliasMaximum or MqttPropertyId.PacketBytesMax
            => (1 << 1) | (1 << 2),
        MqttPropertyId.TopicAlias => 1 << 3,
        MqttPropertyId.UserProperty => UserHomes,
        _ => 0,
    };
}
