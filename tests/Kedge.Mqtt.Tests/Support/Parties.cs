using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>Sessions at a given point, and packets to give them.</summary>
public static class Parties
{
    public static readonly TimeSpan Start = TimeSpan.FromSeconds(100);

    public static TimeSpan At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    public static MqttClientSession Client(
        MqttClientSessionOptions? options = null, MqttProperties? announced = null)
    {
        var session = new MqttClientSession(options ?? new MqttClientSessionOptions());
        session.Connect(Start);
        session.Receive(
            new MqttPacket.ConnAck(MqttReasonCode.Success) { Properties = announced ?? MqttProperties.None }, Start);
        Assert.True(session.IsOpen);
        return session;
    }

    public static MqttBrokerSession Broker(
        MqttPacket.Connect? connect = null, MqttBrokerSessionOptions? options = null)
    {
        var session = new MqttBrokerSession(options ?? new MqttBrokerSessionOptions(), Start);
        session.Receive(connect ?? Connect(), Start);
        Assert.True(session.IsAsking);
        session.Accept("assigned", Start);
        Assert.True(session.IsOpen);
        return session;
    }

    public static MqttPacket.Connect Connect(MqttVersion version = MqttVersion.V5) =>
        new() { Version = version, ClientId = "press-1", KeepAliveSeconds = 60 };

    public static MqttPacket.Publish Message(
        string topic = "a/b", ushort packetId = 0, MqttQos? qos = null, byte content = 1) => new()
        {
            Topic = topic,
            Qos = qos ?? (packetId > 0 ? MqttQos.AtLeastOnce : MqttQos.AtMostOnce),
            PacketId = packetId,
            Payload = new[] { content },
        };
}
