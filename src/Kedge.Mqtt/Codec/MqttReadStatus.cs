namespace Kedge.Mqtt.Codec;

/// <summary>What came of one attempt to read a packet.</summary>
public enum MqttReadStatus
{
    /// <summary>Never returned.</summary>
    Unknown = 0,

    /// <summary>The bytes are the start of a packet; nothing was consumed.</summary>
    NeedMore = 1,

    /// <summary>One packet was read.</summary>
    Done = 2,

    /// <summary>The bytes can be no packet, whatever follows; the connection has to end.</summary>
    Invalid = 3,
}
