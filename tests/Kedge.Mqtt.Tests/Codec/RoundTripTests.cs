using FsCheck;
using FsCheck.Fluent;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Tests.Support;

namespace Kedge.Mqtt.Tests.Codec;

public sealed class RoundTripTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3_000);

    [Fact]
    [Spec("MQTT-3.3.2-4")]
    [Spec("MQTT-3.3.2-15")]
    [Spec("MQTT-3.3.2-16")]
    [Spec("MQTT-3.3.2-17")]
    [Spec("MQTT-3.3.2-18")]
    [Spec("MQTT-3.3.2-20")]
    public void Any_packet_is_read_as_it_was_written() =>
        Prop.ForAll(PacketGen.Any, one =>
        {
            byte[] bytes = Codecs.Write(one.Packet, one.Version);
            Assert.Equal(PacketText.Of(one.Packet), PacketText.Of(Codecs.Read(bytes, one.Version)));
        }).Check(Many);

    [Fact]
    public void Any_packet_is_read_the_same_however_it_is_cut() =>
        Prop.ForAll(PacketGen.Any, Gen.Choose(0, int.MaxValue).ToArbitrary(), (one, cut) =>
        {
            byte[] bytes = Codecs.Write(one.Packet, one.Version);
            int at = cut % bytes.Length;
            MqttReadResult head = MqttReader.Read(bytes.AsSpan(0, at), one.Version, Codecs.Limits);
            Assert.Equal(MqttReadStatus.NeedMore, head.Status);
            MqttReadResult whole =
                MqttReader.Read(Codecs.Sequence(bytes[..at], bytes[at..]), one.Version, Codecs.Limits);
            Assert.Equal(PacketText.Of(one.Packet), PacketText.Of(whole.Packet));
        }).Check(Many);

    [Fact]
    public void A_check_says_what_a_write_would_say() =>
        Prop.ForAll(PacketGen.Any, Gen.Choose(2, 300).ToArbitrary(), (one, bytesMax) =>
        {
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            MqttProtocolError? check = MqttWriter.Check(one.Packet, one.Version, (uint)bytesMax);
            MqttProtocolError? write = MqttWriter.Write(output, one.Packet, one.Version, (uint)bytesMax);
            Assert.True(write is null ? output.WrittenCount <= bytesMax : output.WrittenCount == 0);
            Assert.True(check is null || write == check);
        }).Check(Many);

    [Fact]
    [Spec("MQTT-1.5.5-1")]
    public void A_remaining_length_is_written_in_its_shortest_form()
    {
        foreach (int bytes in new[] { 120, 127, 128, 16_383, 16_384, 200_000 })
        {
            var message = new MqttPacket.Publish { Topic = "t", Payload = new byte[bytes - 4] };
            byte[] written = Codecs.Write(message, MqttVersion.V5);
            int headerBytes = 1 + (bytes < 128 ? 1 : bytes < 16_384 ? 2 : 3);
            Assert.Equal(headerBytes + bytes, written.Length);
        }
    }
}
