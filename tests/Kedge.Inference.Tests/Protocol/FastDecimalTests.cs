using System.Globalization;
using System.Text;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Tests.Protocol;

/// <summary>
/// What the fast way reads is what the framework's parser reads, bit for bit; the rest it leaves alone.
/// </summary>
public sealed class FastDecimalTests
{
    private const string Before = "{\"inputs\":[{\"data\":[";
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    [Fact]
    public void Random_decimals_are_rounded_as_the_general_parser_does()
    {
        Random random = new(11);
        int taken = 0;
        const int Count = 200_000;
        for (int i = 0; i < Count; i++)
        {
            string text = Decimal(random);
            taken += Agrees(text) ? 1 : 0;
        }

        Assert.True(taken > Count * 0.75, string.Create(Culture, $"only {taken} of {Count} went the fast way"));
    }

    [Fact]
    public void Decimals_around_the_middle_of_two_floats_are_rounded_right()
    {
        Random random = new(12);
        for (int i = 0; i < 100_000; i++)
        {
            float low = (float)((random.NextDouble() * 2) - 1);
            double middle = ((double)low + MathF.BitIncrement(low)) / 2;
            for (int digits = 7; digits <= 18; digits++)
            {
                Agrees(middle.ToString("F" + digits.ToString(Culture), Culture));
            }
        }
    }

    [Fact]
    public void What_other_languages_print_of_a_float_goes_the_fast_way()
    {
        Random random = new(13);
        for (int i = 0; i < 20_000; i++)
        {
            float value = (float)random.NextDouble();
            string asDouble = ((double)value).ToString("R", Culture);
            Assert.True(asDouble.Contains('E', StringComparison.Ordinal) || asDouble.Length > 20 || Agrees(asDouble));
            string asFloat = value.ToString("R", Culture);
            Assert.True(asFloat.Contains('E', StringComparison.Ordinal) || Agrees(asFloat));
        }
    }

    [Theory]
    [InlineData("01.5")]
    [InlineData("-")]
    [InlineData("-.5")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1.x")]
    [InlineData("1.5.5")]
    [InlineData("1e3")]
    [InlineData("1.5E-3")]
    [InlineData("+1")]
    [InlineData("x")]
    [InlineData("x.5")]
    [InlineData(":.5")]
    [InlineData("/.5")]
    [InlineData("1.5:")]
    [InlineData("1.5/")]
    [InlineData("12:5")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("-00.5")]
    [InlineData("1234567890123456789012")]
    [InlineData("0.1234567890123456789012")]
    public void What_is_no_plain_decimal_is_left_to_the_general_parser(string text) => Assert.False(Agrees(text));

    [Theory]
    [InlineData("0.5]")]
    [InlineData("0.5,]")]
    [InlineData("0.5,  1]")]
    [InlineData("0.5,\n1]")]
    [InlineData("0.5,\"NaN\"]")]
    [InlineData("0.5,,")]
    public void What_is_not_followed_by_another_number_is_left_to_the_general_parser(string text)
    {
        Span<float> values = stackalloc float[4];
        foreach (string behind in new[] { "", new string(' ', 40), new string(',', 40), new string('1', 40) })
        {
            int position = Before.Length;
            Assert.Equal(0, FastDecimal.ReadRun(Encoding.ASCII.GetBytes(Before + text + behind), ref position, values));
            Assert.Equal(Before.Length, position);
        }
    }

    [Fact]
    public void A_list_is_read_up_to_where_it_is_not_certain_and_never_beyond_its_room()
    {
        Random random = new(14);
        for (int round = 0; round < 2_000; round++)
        {
            string[] texts = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => Decimal(random))];
            float[] expected = [.. texts.Select(text => float.Parse(text, NumberStyles.Float, Culture))];
            byte[] json =
                Encoding.ASCII.GetBytes($"{Before}{string.Join(',', texts)}{(random.Next(2) == 0 ? "]" : "")}");
            float[] values = new float[random.Next(0, texts.Length + 3)];
            int position = Before.Length;
            int read = FastDecimal.ReadRun(json, ref position, values);
            Assert.InRange(read, 0, Math.Min(values.Length, texts.Length - 1));
            Assert.Equal(texts.Take(read).Sum(static text => text.Length + 1), position - Before.Length);
            Assert.Equal(
                expected.Take(read).Select(BitConverter.SingleToInt32Bits),
                values.Take(read).Select(BitConverter.SingleToInt32Bits));
            Assert.All(values.Skip(read), static untouched => Assert.Equal(0, untouched));
        }
    }

    [Fact]
    public void Any_bytes_are_read_as_the_general_parser_reads_them_or_not_at_all()
    {
        Random random = new(15);
        byte[] letters = "0123456789.,-+eE :x"u8.ToArray();
        Span<float> values = stackalloc float[8];
        for (int round = 0; round < 200_000; round++)
        {
            byte[] json = new byte[48];
            for (int i = 0; i < json.Length; i++)
            {
                json[i] = letters[random.Next(random.Next(3) == 0 ? letters.Length : 12)];
            }

            int position = random.Next(20);
            int start = position;
            int read = FastDecimal.ReadRun(json, ref position, values);
            int at = start;
            for (int i = 0; i < read; i++)
            {
                int end = Array.IndexOf(json, (byte)',', at);
                int parsed = at;
                Assert.Equal(ScanResult.Done, NumberParser.ReadSingle(json, ref parsed, out float expected));
                Assert.Equal(end, parsed);
                Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(values[i]));
                at = end + (json[end + 1] == ' ' ? 2 : 1);
            }

            Assert.Equal(at, position);
        }
    }

    // True when the fast way read it; then what it read must be right, and the position behind it.
    private static bool Agrees(string text)
    {
        int position = Before.Length;
        byte[] json = Encoding.ASCII.GetBytes($"{Before}{text},1{new string(' ', 40)}");
        Span<float> values = stackalloc float[1];
        if (FastDecimal.ReadRun(json, ref position, values) == 0)
        {
            Assert.Equal(Before.Length, position);
            return false;
        }

        float expected = float.Parse(text, NumberStyles.Float, Culture);
        Assert.True(
            BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(values[0]),
            string.Create(Culture, $"{text}: {values[0]:R} instead of {expected:R}"));
        Assert.Equal(Before.Length + text.Length + 1, position);
        return true;
    }

    private static string Decimal(Random random)
    {
        StringBuilder text = new(random.Next(2) == 0 ? "-" : "");
        int whole = random.Next(4) == 0 ? random.Next(1, 19) : 1;
        text.Append(whole == 1 ? random.Next(10) : random.Next(1, 10));
        Digits(text, random, whole - 1);
        if (random.Next(8) > 0)
        {
            text.Append('.');
            Digits(text, random, random.Next(1, 19));
        }

        return text.ToString();
    }

    private static void Digits(StringBuilder text, Random random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            text.Append(random.Next(10));
        }
    }
}
