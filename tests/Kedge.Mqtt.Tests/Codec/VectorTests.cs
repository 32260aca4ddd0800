using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Tests.Support;

namespace Kedge.Mqtt.Tests.Codec;

public sealed class VectorTests
{
    public static TheoryData<string> Names => [.. Vector.All.Select(vector => vector.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    [Spec("MQTT-1.5.4-1")]
    [Spec("MQTT-1.5.4-2")]
    [Spec("MQTT-1.5.4-3")]
    [Spec("MQTT-1.5.5-1")]
    [Spec("MQTT-1.5.7-1")]
    [Spec("MQTT-2.1.3-1")]
    [Spec("MQTT-2.2.1-2")]
    [Spec("MQTT-2.2.2-1")]
    [Spec("MQTT-3.1.2-1")]
    [Spec("MQTT-3.1.2-3")]
    [Spec("MQTT-3.1.2-9")]
    [Spec("MQTT-3.1.2-11")]
    [Spec("MQTT-3.1.2-12")]
    [Spec("MQTT-3.1.2-13")]
    [Spec("MQTT-3.1.2-16")]
    [Spec("MQTT-3.1.2-17")]
    [Spec("MQTT-3.1.2-18")]
    [Spec("MQTT-3.1.2-19")]
    [Spec("MQTT-3.1.3-1")]
    [Spec("MQTT-3.1.3-3")]
    [Spec("MQTT-3.1.3-4")]
    [Spec("MQTT-3.1.3-11")]
    [Spec("MQTT-3.1.3-12")]
    [Spec("MQTT-3.2.2-1")]
    [Spec("MQTT-3.2.2-6")]
    [Spec("MQTT-3.2.2-8")]
    [Spec("MQTT-3.3.1-2")]
    [Spec("MQTT-3.3.1-4")]
    [Spec("MQTT-3.3.2-1")]
    [Spec("MQTT-3.3.2-2")]
    [Spec("MQTT-3.3.2-8")]
    [Spec("MQTT-3.3.2-13")]
    [Spec("MQTT-3.3.2-14")]
    [Spec("MQTT-3.3.2-19")]
    [Spec("MQTT-3.4.2-1")]
    [Spec("MQTT-3.5.2-1")]
    [Spec("MQTT-3.6.1-1")]
    [Spec("MQTT-3.6.2-1")]
    [Spec("MQTT-3.7.2-1")]
    [Spec("MQTT-3.8.1-1")]
    [Spec("MQTT-3.8.3-1")]
    [Spec("MQTT-3.8.3-2")]
    [Spec("MQTT-3.8.3-4")]
    [Spec("MQTT-3.8.3-5")]
    [Spec("MQTT-3.9.3-2")]
    [Spec("MQTT-3.10.1-1")]
    [Spec("MQTT-3.10.3-1")]
    [Spec("MQTT-3.10.3-2")]
    [Spec("MQTT-3.11.3-2")]
    [Spec("MQTT-3.14.1-1")]
    [Spec("MQTT-3.14.2-1")]
    [Spec("MQTT-3.15.1-1")]
    [Spec("MQTT-3.15.2-1")]
    public void A_vector_gets_its_verdict(string name)
    {
        Vector vector = Find(name);
        MqttReadResult result = MqttReader.Read(vector.Bytes, vector.Version, Codecs.Limits);
        if (!vector.IsValid)
        {
            Assert.Equal(MqttReadStatus.Invalid, result.Status);
            Assert.Equal(vector.Verdict, result.Error!.Reason.ToString());
            return;
        }

        Assert.True(result.Status == MqttReadStatus.Done, result.ToString());
        Assert.Equal(vector.Bytes.Length, result.Bytes);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_valid_vector_is_written_again_as_the_same_bytes(string name)
    {
        Vector vector = Find(name);
        if (!vector.IsValid)
        {
            return;
        }

        MqttPacket packet = Codecs.Read(vector.Bytes, vector.Version);
        byte[] again = Codecs.Write(packet, vector.Version);
        if (vector.Verdict == "ok")
        {
            Assert.Equal(Convert.ToHexString(vector.Bytes), Convert.ToHexString(again));
        }

        Assert.Equal(PacketText.Of(packet), PacketText.Of(Codecs.Read(again, vector.Version)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_verdict_does_not_depend_on_how_the_bytes_were_cut(string name)
    {
        Vector vector = Find(name);
        MqttReadResult whole = MqttReader.Read(vector.Bytes, vector.Version, Codecs.Limits);
        for (int cut = 0; cut < vector.Bytes.Length; cut++)
        {
            byte[] head = vector.Bytes[..cut];
            byte[] tail = vector.Bytes[cut..];
            MqttReadResult part = MqttReader.Read(head, vector.Version, Codecs.Limits);
            bool isEarlyRefusal = part.Status == MqttReadStatus.Invalid && part.Error == whole.Error;
            Assert.True(part.Status == MqttReadStatus.NeedMore || isEarlyRefusal, $"cut at {cut}: {part}");
            Assert.True(part.Bytes == 0 || part.Bytes == vector.Bytes.Length, $"cut at {cut}: {part}");
            AssertSame(whole, MqttReader.Read(Codecs.Sequence(head, tail), vector.Version, Codecs.Limits));
        }

        byte[][] single = [.. vector.Bytes.Select(one => new[] { one })];
        AssertSame(whole, MqttReader.Read(Codecs.Sequence(single), vector.Version, Codecs.Limits));
        byte[] followed = [.. vector.Bytes, 0xC0, 0x00];
        AssertSame(whole, MqttReader.Read(followed, vector.Version, Codecs.Limits));
    }

    private static Vector Find(string name) => Vector.All.Single(vector => vector.ToString() == name);

    private static void AssertSame(MqttReadResult expected, MqttReadResult actual)
    {
        Assert.Equal(expected.Status, actual.Status);
        Assert.Equal(expected.Bytes, actual.Bytes);
        Assert.Equal(expected.Error, actual.Error);
        Assert.Equal(PacketText.Of(expected.Packet), PacketText.Of(actual.Packet));
    }
}
