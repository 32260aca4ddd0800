using System.Collections.Immutable;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>Reading what a session wants done.</summary>
public static class Effects
{
    public static IReadOnlyList<MqttPacket> Sent(this ImmutableArray<MqttEffect> effects) =>
        [.. effects.OfType<MqttEffect.Send>().Select(send => send.Packet)];

    public static T Single<T>(this ImmutableArray<MqttEffect> effects)
        where T : MqttEffect => Assert.Single(effects.OfType<T>());

    public static T SingleSent<T>(this ImmutableArray<MqttEffect> effects)
        where T : MqttPacket => Assert.Single(effects.Sent().OfType<T>());

    /// <summary>The session has ended for this reason and, on MQTT 5, has told the peer.</summary>
    public static void AssertClosed(
        this ImmutableArray<MqttEffect> effects, MqttReasonCode reason, bool tellsPeer = true)
    {
        MqttEffect.Close close = effects.Single<MqttEffect.Close>();
        Assert.Equal(reason, close.Reason);
        Assert.Same(close, effects[^1]);
        Assert.Equal(tellsPeer ? [reason] : [], effects.Sent().OfType<MqttPacket.Disconnect>().Select(d => d.Reason));
    }
}
