using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Bench.Serve;

/// <summary>
/// What a number of a picture's tensor takes to be read from JSON, in process, as different clients write it; beside
/// the framework's own reader, which knows nothing of shapes.
/// </summary>
internal static class JsonFigures
{
    private const int Side = 224;
    private const int Depth = 3;
    private const int Count = Side * Side * Depth;
    private const int Rounds = 40;

    /// <summary>By then the runtime has compiled what is measured for the last time.</summary>
    private static readonly TimeSpan Compiled = TimeSpan.FromSeconds(0.6);

    /// <summary>Measures each way to write it: <c>serve.json.WAY.read</c>, nanoseconds for each number.</summary>
    public static void Measure(BenchPlan plan)
    {
        Random random = new(7);
        float[] values = [.. Enumerable.Range(0, Count).Select(_ => (random.NextSingle() * 4) - 2)];
        string[] floats = Texts(values, static value => value.ToString("R", CultureInfo.InvariantCulture));
        string[] doubles = Texts(values, static value => ((double)value).ToString("R", CultureInfo.InvariantCulture));
        string[] pixels = Texts(
            values, static value => ((int)((value + 2) * 63)).ToString(CultureInfo.InvariantCulture));
        foreach ((string way, string data) in new[]
        {
            ("floats", Flat(floats, ",")), ("floats_spaced", Flat(floats, ", ")), ("pixels", Flat(pixels, ",")),
            ("doubles_spaced", Flat(doubles, ", ")), ("nested", Nested(floats, ",")),
            ("nested_doubles_spaced", Nested(doubles, ", ")),
        })
        {
            string begin = $"{{\"inputs\":[{{\"name\":\"x\",\"shape\":[{Side},{Side},{Depth}],\"datatype\":\"FP32\",";
            byte[] body = Encoding.ASCII.GetBytes($"{begin}\"data\":{data}}}]}}");

            // Twice: what was running while the runtime compiled it anew may have been the slower code to its end.
            _ = Read(body);
            plan.Report.Add($"serve.json.{way}.read", "ns", Read(body), ("utf8jsonreader", Peer(body)));
        }
    }

    private static double Read(byte[] body)
    {
        InferenceCall call = new(new ModelSignature(
            [new("x", TensorType.Float32, [Side, Side, Depth])], [new("y", TensorType.Float32, [1])]));
        return Best(() => Kedge.Core.Check.That(InferenceRequestReader.Read(body, body.Length, call) is null));
    }

    private static double Peer(byte[] body)
    {
        float[] values = new float[Count];
        return Best(() =>
        {
            Utf8JsonReader reader = new(body);
            int filled = 0;
            bool isData = false;
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    isData = reader.ValueTextEquals("data"u8);
                }
                else if (isData && reader.TokenType == JsonTokenType.Number)
                {
                    values[filled++] = reader.GetSingle();
                }
            }

            Kedge.Core.Check.That(filled == Count);
        });
    }

    /// <summary>Nanoseconds for each number; the best round, as nothing but the machine makes one slower.</summary>
    private static double Best(Action read)
    {
        double best = double.MaxValue;
        long began = TimeProvider.System.GetTimestamp();
        for (int round = 0; round < Rounds || TimeProvider.System.GetElapsedTime(began) < Compiled; round++)
        {
            long started = TimeProvider.System.GetTimestamp();
            read();
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(started).TotalNanoseconds / Count);
        }

        return best;
    }

    private static string[] Texts(float[] values, Func<float, string> print) => [.. values.Select(print)];

    private static string Flat(string[] numbers, string between) => $"[{string.Join(between, numbers)}]";

    private static string Nested(string[] numbers, string between) => Flat(
        [.. numbers.Chunk(Side * Depth).Select(
            row => Flat([.. row.Chunk(Depth).Select(point => Flat(point, between))], between))],
        between);
}
