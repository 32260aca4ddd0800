namespace Kedge.Mqtt.Codec;

/// <summary>The variable byte integer: 0..268,435,455 in 1..4 bytes, shortest form only (MQTT 5.0 §1.5.5).</summary>
internal static class VariableByteInteger
{
    public const uint Max = 268_435_455;

    /// <summary>Bytes of the shortest form, 1..4.</summary>
    public static int Length(uint value) => value switch
    {
        < 128 => 1,
        < 16_384 => 2,
        < 2_097_152 => 3,
        _ => 4,
    };

    /// <summary>Reads from the start of <paramref name="input"/>; <paramref name="length"/> is set when done.</summary>
    public static MqttReadStatus Read(ReadOnlySpan<byte> input, out uint value, out int length)
    {
        value = 0;
        length = 0;
        for (int index = 0; index < 4; index++)
        {
            if (index == input.Length)
            {
                return MqttReadStatus.NeedMore;
            }

            byte part = input[index];
            value |= (uint)(part & 0x7F) << (7 * index);
            if (part < 0x80)
            {
                length = index + 1;
                return length == Length(value) ? MqttReadStatus.Done : MqttReadStatus.Invalid;
            }
        }

        return MqttReadStatus.Invalid;
    }
}
