using System.Collections.Immutable;

namespace Kedge.Mqtt.Packets;

/// <summary>
/// Any control packet of MQTT 5.0 and 3.1.1, the same records for both: what 3.1.1 lacks is absent after reading and
/// left out
/// by the writer. Holds arrays, hence never compare two packets with <c>==</c>.
/// </summary>
public abstract record MqttPacket
{
    private MqttPacket()
    {
    }

    /// <summary>Properties; <see cref="MqttProperties.None"/> where there are none.</summary>
    public MqttProperties Properties { get; init; } = MqttProperties.None;

    /// <summary>The packet's type.</summary>
    public abstract MqttPacketKind Kind { get; }

    /// <summary>A client asks for a connection (MQTT 5.0 §3.1).</summary>
    public sealed record Connect : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.Connect;

        /// <summary>Protocol level of the connection.</summary>
        public MqttVersion Version { get; init; } = MqttVersion.V5;

        /// <summary>Forget an earlier session (3.1.1: clean session).</summary>
        public bool CleanStart { get; init; } = true;

        /// <summary>Longest silence of the client, seconds; 0 for no limit.</summary>
        public ushort KeepAliveSeconds { get; init; }

        /// <summary>May be empty: then the server chooses.</summary>
        public string ClientId { get; init; } = "";

        /// <summary>Message for the case that the client vanishes.</summary>
        public MqttWill? Will { get; init; }

        /// <summary>User name, if any.</summary>
        public string? UserName { get; init; }

        /// <summary>Password, 0..65,535 bytes, if any.</summary>
        public ReadOnlyMemory<byte>? Password { get; init; }
    }

    /// <summary>The server's answer to CONNECT (MQTT 5.0 §3.2).</summary>
    /// <param name="Reason">On 3.1.1 mapped from and to the return code.</param>
    public sealed record ConnAck(MqttReasonCode Reason) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.ConnAck;

        /// <summary>The server goes on with an earlier session.</summary>
        public bool SessionPresent { get; init; }
    }

    /// <summary>A message (MQTT 5.0 §3.3).</summary>
    public sealed record Publish : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.Publish;

        /// <summary>Topic name; empty when a topic alias stands for it.</summary>
        public required string Topic { get; init; }

        /// <summary>The application's bytes.</summary>
        public ReadOnlyMemory<byte> Payload { get; init; }

        /// <summary>Quality of service.</summary>
        public MqttQos Qos { get; init; }

        /// <summary>Ask the server to keep it, or: it was kept.</summary>
        public bool Retain { get; init; }

        /// <summary>May have been sent before.</summary>
        public bool Duplicate { get; init; }

        /// <summary>1..65,535 for QoS 1 and 2; 0 for QoS 0, which has none.</summary>
        public ushort PacketId { get; init; }
    }

    /// <summary>Answer to a QoS 1 PUBLISH (MQTT 5.0 §3.4).</summary>
    public sealed record PubAck(ushort PacketId, MqttReasonCode Reason) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.PubAck;
    }

    /// <summary>First answer to a QoS 2 PUBLISH (MQTT 5.0 §3.5).</summary>
    public sealed record PubRec(ushort PacketId, MqttReasonCode Reason) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.PubRec;
    }

    /// <summary>Second step of the QoS 2 sender (MQTT 5.0 §3.6).</summary>
    public sealed record PubRel(ushort PacketId, MqttReasonCode Reason) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.PubRel;
    }

    /// <summary>Last answer of the QoS 2 receiver (MQTT 5.0 §3.7).</summary>
    public sealed record PubComp(ushort PacketId, MqttReasonCode Reason) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.PubComp;
    }

    /// <summary>A client asks for subscriptions (MQTT 5.0 §3.8).</summary>
    /// <param name="PacketId">1..65,535.</param>
    /// <param name="Subscriptions">At least one.</param>
    public sealed record Subscribe(ushort PacketId, ImmutableArray<MqttSubscription> Subscriptions) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.Subscribe;
    }

    /// <summary>Answer to SUBSCRIBE (MQTT 5.0 §3.9).</summary>
    /// <param name="PacketId">That of the SUBSCRIBE.</param>
    /// <param name="Reasons">One for each filter, in order.</param>
    public sealed record SubAck(ushort PacketId, ImmutableArray<MqttReasonCode> Reasons) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.SubAck;
    }

    /// <summary>A client ends subscriptions (MQTT 5.0 §3.10).</summary>
    /// <param name="PacketId">1..65,535.</param>
    /// <param name="Filters">At least one.</param>
    public sealed record Unsubscribe(ushort PacketId, ImmutableArray<string> Filters) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.Unsubscribe;
    }

    /// <summary>Answer to UNSUBSCRIBE (MQTT 5.0 §3.11).</summary>
    /// <param name="PacketId">That of the UNSUBSCRIBE.</param>
    /// <param name="Reasons">One for each filter, in order; empty on 3.1.1.</param>
    public sealed record UnsubAck(ushort PacketId, ImmutableArray<MqttReasonCode> Reasons) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.UnsubAck;
    }

    /// <summary>A client shows that it lives (MQTT 5.0 §3.12).</summary>
    public sealed record PingReq : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.PingReq;
    }

    /// <summary>Answer to PINGREQ (MQTT 5.0 §3.13).</summary>
    public sealed record PingResp : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.PingResp;
    }

    /// <summary>
    /// The last packet of a connection (MQTT 5.0 §3.14); on 3.1.1 from the client only and without a reason.
    /// </summary>
    public sealed record Disconnect(MqttReasonCode Reason) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.Disconnect;
    }

    /// <summary>A step of enhanced authentication (MQTT 5.0 §3.15).</summary>
    public sealed record Auth(MqttReasonCode Reason) : MqttPacket
    {
        /// <inheritdoc/>
        public override MqttPacketKind Kind => MqttPacketKind.Auth;
    }
}
