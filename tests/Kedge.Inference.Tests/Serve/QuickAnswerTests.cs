using System.IO.Compression;
using System.Text;
using Kedge.Core;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Who is answered on the thread that reads sockets.</summary>
public sealed class QuickAnswerTests
{
    private const string Packed = "Accept-Encoding: gzip, deflate, br\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>As Python, browsers and Node ask.</summary>
    [Theory]
    [InlineData("", 10)]
    [InlineData(Packed, 10)]
    [InlineData("", 5000)]
    public async Task A_short_question_to_a_quick_model_is_computed_where_it_is_read(string headers, int count)
    {
        (IInferenceSession session, Func<bool> wasThere) = Watched();
        await using ServingHere serving = await ServingHere.StartAsync(
            static context => new FrontApplication(context), session, "bytes");
        using RawHttp http = RawHttp.Connect(serving.EndPoint);

        // Not before some runs were measured.
        Assert.True(SpinWait.SpinUntil(
            () => http.Ask("POST", "/v2/models/bytes/infer", Body(count), headers).Status == 200 && wasThere(),
            Patience));
        Assert.DoesNotContain("Content-Encoding", http.Head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_long_answer_is_packed_elsewhere_and_the_next_is_computed_where_it_is_read()
    {
        (IInferenceSession session, Func<bool> wasThere) = Watched();
        await using ServingHere serving = await ServingHere.StartAsync(
            static context => new FrontApplication(context), session, "bytes");
        using RawHttp http = RawHttp.Connect(serving.EndPoint);
        byte[] question = RawHttp.Request("POST", "/v2/models/bytes/infer", Body(700), Packed);
        Assert.True(SpinWait.SpinUntil(() => http.Exchange(question, out _) == 200 && wasThere(), Patience));
        Assert.Equal(200, http.Exchange(question, out ReadOnlySpan<byte> body));
        Assert.Contains("Content-Encoding: gzip", http.Head, StringComparison.Ordinal);
        using GZipStream unpacked = new(new MemoryStream(body.ToArray()), CompressionMode.Decompress);
        using StreamReader reader = new(unpacked);
        Assert.Contains(Numbers(700), reader.ReadToEnd(), StringComparison.Ordinal);
    }

    /// <summary>A model that gives its input back, and whether its last run was on a thread that reads.</summary>
    private static (IInferenceSession Session, Func<bool> WasThere) Watched()
    {
        bool wasThere = false;
        InMemorySession session = new(TinyModels.IdentitySignature(TensorType.UInt8), call =>
        {
            Volatile.Write(ref wasThere, ReadingThread.IsHere);
            call.Outputs[0].Begin("y", TensorType.UInt8);
            Check.That(call.Outputs[0].TryShape(call.Inputs[0].Shape));
            call.Inputs[0].Bytes.CopyTo(call.Outputs[0].Bytes);
            return null;
        });
        return (session, () => Volatile.Read(ref wasThere));
    }

    private static string Body(int count) =>
        $$"""{"inputs":[{"name":"x","shape":[{{count}}],"datatype":"UINT8","data":[{{Numbers(count)}}]}]}""";

    private static string Numbers(int count) => new StringBuilder().Insert(0, "7,", count).ToString()[..^1];
}
