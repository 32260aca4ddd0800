using System.Collections.Immutable;

namespace Kedge.Mqtt.Packets;

/// <summary>
/// All 27 properties of MQTT 5.0 (§2.2.2). Which packet may carry which is checked by the codec, both ways; null means
/// absent.
/// Holds arrays, hence never compare two of them with <c>==</c>.
/// </summary>
public sealed record MqttProperties
{
    /// <summary>No property at all; shared.</summary>
    public static readonly MqttProperties None = new();

    /// <summary>0x01: true when the payload is UTF-8 text.</summary>
    public bool? PayloadIsText { get; init; }

    /// <summary>0x02: seconds that a message lives.</summary>
    public uint? MessageExpirySeconds { get; init; }

    /// <summary>0x03: kind of the payload, as a MIME type for instance.</summary>
    public string? ContentType { get; init; }

    /// <summary>0x08: topic for the answer, without wildcards.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>0x09: what the asker knows its answer by.</summary>
    public ReadOnlyMemory<byte>? CorrelationData { get; init; }

    /// <summary>0x0B: 1..268,435,455 each; one in SUBSCRIBE, several in PUBLISH.</summary>
    public ImmutableArray<uint> SubscriptionIdentifiers { get; init; } = [];

    /// <summary>0x11: seconds that the session outlives its connection.</summary>
    public uint? SessionExpirySeconds { get; init; }

    /// <summary>0x12: the client identifier that the server chose.</summary>
    public string? AssignedClientId { get; init; }

    /// <summary>0x13: the keep-alive that the server wants, seconds.</summary>
    public ushort? ServerKeepAliveSeconds { get; init; }

    /// <summary>0x15: name of the enhanced authentication method.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>0x16: bytes of the authentication method.</summary>
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    /// <summary>0x17: false when reason strings and user properties are unwanted on acknowledgements.</summary>
    public bool? RequestProblemInformation { get; init; }

    /// <summary>0x18: seconds between the loss of the connection and the will.</summary>
    public uint? WillDelaySeconds { get; init; }

    /// <summary>0x19: true to ask for response information.</summary>
    public bool? RequestResponseInformation { get; init; }

    /// <summary>0x1A: a hint for making response topics.</summary>
    public string? ResponseInformation { get; init; }

    /// <summary>0x1C: another server.</summary>
    public string? ServerReference { get; init; }

    /// <summary>0x1F: a sentence for people, never parsed.</summary>
    public string? ReasonString { get; init; }

    /// <summary>0x21: unanswered QoS 1 and 2 messages that the sender of this takes, 1..65,535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>0x22: highest topic alias that the sender of this takes; 0 for none.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>0x23: number for a topic, 1..65,535.</summary>
    public ushort? TopicAlias { get; init; }

    /// <summary>0x24: highest QoS of the server, 0 or 1; absent for 2.</summary>
    public MqttQos? MaximumQos { get; init; }

    /// <summary>0x25: whether the server keeps retained messages.</summary>
    public bool? RetainAvailable { get; init; }

    /// <summary>0x26: names and values in order.</summary>
    public ImmutableArray<MqttUserProperty> UserProperties { get; init; } = [];

    /// <summary>0x27: largest packet that the sender of this takes, bytes, 1 upwards.</summary>
    public uint? PacketBytesMax { get; init; }

    /// <summary>0x28: whether the server takes filters with wildcards.</summary>
    public bool? WildcardSubscriptionAvailable { get; init; }

    /// <summary>0x29: whether the server takes subscription identifiers.</summary>
    public bool? SubscriptionIdentifiersAvailable { get; init; }

    /// <summary>0x2A: whether the server takes shared subscriptions.</summary>
    public bool? SharedSubscriptionAvailable { get; init; }
}
