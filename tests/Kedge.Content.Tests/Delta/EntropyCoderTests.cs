using Kedge.Content.Delta.Coding;

namespace Kedge.Content.Tests.Delta;

/// <summary>The range coder by itself.</summary>
public class EntropyCoderTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.01)]
    [InlineData(0.99999)]
    public void Decisions_and_plain_bits_come_back_and_cost_their_entropy(double chance)
    {
        const int count = 50_000;
        Random random = new(1);
        bool[] bits = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < chance)];
        ulong[] plain = [.. Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64() >> (random.Next(63) + 1))];
        EntropyWriter writer = new(new byte[64 * 1024], new byte[1024 * 1024]);
        EntropyCost cost = default;
        uint model = BitModel.Fresh;
        uint weighed = BitModel.Fresh;
        for (int index = 0; index < count; index++)
        {
            writer.Bit(ref model, bits[index]);
            cost.Bit(ref weighed, bits[index]);
            writer.Plain(plain[index], Width(plain[index]));
        }

        writer.Finish();
        Assert.False(writer.IsFull);
        double entropy = count * (-(chance * Math.Log2(chance)) - ((1 - chance) * Math.Log2(1 - chance)));
        Assert.InRange(writer.Decisions.Length * 8, 0, (entropy * 1.02) + 200);
        int written = writer.Decisions.Length * 8;
        Assert.InRange(cost.Bits, (written * 0.98) - 100, (written * 1.05) + 100);

        EntropyReader reader = new(writer.Decisions, writer.PlainBits);
        model = BitModel.Fresh;
        for (int index = 0; index < count; index++)
        {
            Assert.Equal(bits[index], reader.Bit(ref model, false));
            Assert.Equal(plain[index], reader.Plain(0, Width(plain[index])));
        }

        static int Width(ulong value) => value == 0 ? 0 : (int)ulong.Log2(value) + 1;
    }

    [Fact]
    public void Unlikely_decisions_in_long_rows_carry_through()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            Random random = new(seed);
            int count = random.Next(1, 400);
            bool[] bits = [.. Enumerable.Range(0, count).Select(_ => random.Next(20) == 0)];
            uint[] models = [0xFFFF_FF00 | BitModel.MeetingsMax, 0x0000_01FF, BitModel.Fresh];
            uint[] again = [.. models];
            EntropyWriter writer = new(new byte[8 * 1024], []);
            for (int index = 0; index < count; index++)
            {
                writer.Bit(ref models[index % 3], bits[index] ^ (index % 3 == 1));
            }

            writer.Finish();
            EntropyReader reader = new(writer.Decisions, writer.PlainBits);
            for (int index = 0; index < count; index++)
            {
                Assert.Equal(bits[index] ^ (index % 3 == 1), reader.Bit(ref again[index % 3], false));
            }
        }
    }

    [Fact]
    public void What_does_not_fit_is_told()
    {
        EntropyWriter writer = new(new byte[64], new byte[64]);
        uint model = BitModel.Fresh;
        Random random = new(1);
        for (int index = 0; index < 5_000; index++)
        {
            writer.Bit(ref model, random.Next(2) == 0);
            writer.Plain(5, 3);
        }

        writer.Finish();
        Assert.True(writer.IsFull);
    }

    [Fact]
    public void Numbers_in_order_are_in_order_and_every_pattern_of_bits_comes_back()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            ulong half = ElementOrder.Ordered<Float16Layout>((ulong)bits);
            Assert.Equal((ulong)bits, ElementOrder.Element<Float16Layout>(half));
            ulong brain = ElementOrder.Ordered<BFloat16Layout>((ulong)bits);
            Assert.Equal((ulong)bits, ElementOrder.Element<BFloat16Layout>(brain));
        }

        float[] rising = [float.NegativeInfinity, -2, -1.5f, -1e-44f, 0, 1e-44f, 1, 3, float.PositiveInfinity];
        ulong[] ordered = [.. rising.Select(static value =>
            ElementOrder.Ordered<Float32Layout>(BitConverter.SingleToUInt32Bits(value)))];
        for (int index = 1; index < ordered.Length; index++)
        {
            Assert.True(ElementOrder.Difference<Float32Layout>(ordered[index], ordered[index - 1]) > 0);
        }
    }
}
