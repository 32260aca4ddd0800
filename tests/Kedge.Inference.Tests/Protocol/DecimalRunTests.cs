using System.Globalization;
using System.Text;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Tests.Protocol;

/// <summary>Lists of floats that are read many at a time hold what the general parser reads one by one.</summary>
public sealed class DecimalRunTests
{
    private const string Before = "{\"inputs\":[{\"data\":[";
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    [Theory]
    [InlineData(",")]
    [InlineData(", ")]
    public void Lists_of_what_programs_print_are_read_in_blocks(string between)
    {
        Random random = new(21);
        foreach (Func<string> print in new Func<string>[]
        {
            () => ((float)(random.NextDouble() - 0.5)).ToString("F8", Culture),
            () => (random.NextSingle() * 100).ToString("F3", Culture),
            () => random.Next(-128, 256).ToString(Culture),
            () => random.Next(2) == 0 ? "0" : "-0.0",
            () => (random.Next(256) / 255f).ToString("R", Culture),
        })
        {
            string[] texts = [.. Enumerable.Range(0, 2_000).Select(_ => print())];
            texts = [.. texts.Where(static text => !text.Contains('E', StringComparison.Ordinal))];
            byte[] json = Encoding.ASCII.GetBytes($"{Before}{string.Join(between, texts)}]}}]}}{new string(' ', 64)}");
            int position = Before.Length;
            int read = DecimalBlock.Read(json, ref position, new float[2_000]);
            Assert.Equal(DecimalBlock.IsSupported, read > 0);
            Check(json, texts.Length - 1);
        }
    }

    [Fact]
    public void Every_list_is_read_as_the_general_parser_reads_it()
    {
        Random random = new(22);
        for (int round = 0; round < 3_000; round++)
        {
            string between = random.Next(3) == 0 ? ", " : ",";
            int strange = random.Next(1, 200);
            IEnumerable<string> texts = Enumerable.Range(0, random.Next(1, 400)).Select(
                _ => random.Next(strange) == 0 ? Strange(random) : Usual(random));
            string end = new string[] { "", "]", "],[", "}" }[random.Next(4)];
            string behind = new string(random.Next(2) == 0 ? ' ' : '1', random.Next(80));
            Check(Encoding.ASCII.GetBytes($"{Before}{string.Join(between, texts)}{end}{behind}"), 0);
        }
    }

    [Fact]
    public void Lists_with_any_byte_changed_are_read_up_to_it()
    {
        Random random = new(23);
        byte[] letters = "0123456789.,-+eE :x]/\n\"\0\xFF"u8.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            string between = random.Next(3) == 0 ? ", " : ",";
            IEnumerable<string> texts = Enumerable.Range(0, 40).Select(_ => Usual(random));
            byte[] json = Encoding.ASCII.GetBytes($"{Before}{string.Join(between, texts)}]{new string(' ', 64)}");
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                json[random.Next(Before.Length, json.Length)] = letters[random.Next(letters.Length)];
            }

            Check(json, 0);
        }
    }

    [Fact]
    public void Decimals_around_the_middle_of_two_floats_are_rounded_right_among_others()
    {
        Random random = new(24);
        for (int round = 0; round < 2_000; round++)
        {
            float low = (random.NextSingle() - 0.5f) * 2;
            double middle = ((double)low + MathF.BitIncrement(low)) / 2;
            IEnumerable<string> texts = Enumerable.Range(0, 60).Select(
                i => i % 20 == 7 ? middle.ToString($"F{random.Next(7, 15)}", Culture) : Usual(random));
            Check(Encoding.ASCII.GetBytes($"{Before}{string.Join(',', texts)}]{new string(' ', 64)}"), 59);
        }
    }

    [Theory]
    [InlineData("01.5")]
    [InlineData("-01.5")]
    [InlineData("00")]
    [InlineData("-00.5")]
    [InlineData("-")]
    [InlineData("--1")]
    [InlineData("-.5")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1.5.5")]
    [InlineData("1..5")]
    [InlineData("+1")]
    [InlineData("x.5")]
    [InlineData(":.5")]
    [InlineData("/.5")]
    [InlineData("1.5:")]
    [InlineData("1.5/")]
    [InlineData("1-5")]
    [InlineData("1 ")]
    [InlineData("1 5")]
    [InlineData("")]
    [InlineData("[1")]
    [InlineData("1]")]
    public void What_is_no_number_ends_a_list_wherever_it_stands(string text)
    {
        for (int place = 0; place < 60; place++)
        {
            foreach (string between in new[] { ",", ", " })
            {
                string[] texts = [.. Enumerable.Repeat("0.25", 60)];
                texts[place] = text;
                byte[] json =
                    Encoding.ASCII.GetBytes($"{Before}{string.Join(between, texts)}]{new string(' ', 64)}");
                Assert.InRange(Check(json, 0), 0, place);
            }
        }
    }

    [Fact]
    public void No_more_are_read_than_there_is_room_for()
    {
        byte[] json = Encoding.ASCII.GetBytes(
            $"{Before}{string.Join(',', Enumerable.Repeat("0.125", 500))}]{new string(' ', 64)}");
        for (int room = 0; room < 500; room += room < 20 ? 1 : 37)
        {
            float[] values = new float[room + 8];
            int position = Before.Length;
            Assert.Equal(room, DecimalRun.Read(json, ref position, values.AsSpan(0, room)));
            Assert.Equal(Before.Length + (room * 6), position);
            Assert.All(values.Take(room), static value => Assert.Equal(0.125f, value));
            Assert.All(values.Skip(room), static value => Assert.Equal(0, value));
        }
    }

    // What was read is what the general parser reads, and a number begins where reading stopped.
    private static int Check(byte[] json, int least)
    {
        float[] values = new float[4_000];
        int position = Before.Length;
        int read = DecimalRun.Read(json, ref position, values);
        int at = Before.Length;
        for (int i = 0; i < read; i++)
        {
            string where = string.Create(Culture, $"number {i} of {Encoding.Latin1.GetString(json)}");
            Assert.True(NumberParser.ReadSingle(json, ref at, out float expected) == ScanResult.Done, where);
            Assert.True(BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(values[i]), where);
            Assert.True(DecimalRun.TryNext(json, ref at), where);
        }

        Assert.Equal(at, position);
        Assert.InRange(read, least, values.Length);
        return read;
    }

    private static string Usual(Random random) => random.Next(8) switch
    {
        0 => random.Next(-300, 300).ToString(Culture),
        1 => ((random.NextSingle() - 0.5f) * 1e6f).ToString("F1", Culture),
        2 => "0",
        _ => (random.NextSingle() - 0.5f).ToString($"F{random.Next(1, 12)}", Culture),
    };

    private static string Strange(Random random) => random.Next(4) switch
    {
        0 => (random.NextSingle() * 1e-6f).ToString("R", Culture),
        1 => random.NextDouble().ToString("R", Culture),
        2 => random.NextInt64().ToString(Culture),
        _ => ((float)random.NextDouble() * 1e30f).ToString("R", Culture),
    };
}
