using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>What HTTP/1.1 asks of a server, and clients of inference servers rely on.</summary>
internal static class HttpRules
{
    private const string Group = "http";

    internal static ImmutableArray<Rule> All { get; } =
    [
        Of("http-keep-alive", "A connection stays open for the next request.", "RFC 9112, 9.3", KeepAliveAsync),
        Of("http-pipelining", "Requests sent at once are answered in their order.", "RFC 9112, 9.3.2", PipelineAsync),
        Of("http-close", "A connection is closed after the answer when the client asks for it.", "RFC 9112, 9.6",
            CloseAsync),
        Of("http-1.0", "A client of HTTP/1.0 gets its answer, and the end of the connection.", "RFC 9112, 9.3",
            OldAsync),
        Of("http-head", "HEAD is answered like GET, without a body.", "RFC 9110, 9.3.2", HeadAsync),
        Of("http-chunked", "A body may come in chunks.", "RFC 9112, 7.1", ChunkedAsync),
        Of("http-split", "A request may come byte by byte.", "RFC 9112, 2.2", SplitAsync),
        Of("http-expect", "A client that waits for 100 Continue is told to go on, or answered.", "RFC 9110, 10.1.1",
            ContinueAsync),
        Of("http-header-case", "Names of headers have no case.", "RFC 9110, 5.1", HeaderCaseAsync),
        Of("http-host", "A request without Host is refused with 400.", "RFC 9112, 3.2", HostAsync),
        Of("http-malformed", "What is no HTTP is refused, and others are still served.", "RFC 9112, 2.2",
            MalformedAsync),
        Of("http-chunk-size", "A chunk with no size is refused, and others are still served.", "RFC 9112, 7.1",
            ChunkSizeAsync),
        Of("http-length-twice", "Two different lengths of a body are refused.", "RFC 9112, 6.3", TwoLengthsAsync),
        Of("http-405-allow", "405 names the methods that are allowed.", "RFC 9110, 15.5.6", AllowAsync),
        Of("http-abandoned", "A client that goes away in the middle harms nobody.", "RFC 9112, 9.6", AbandonedAsync),
    ];

    private static Rule Of(string id, string title, string source, Func<Trial, Task> check) => new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = source,
        Check = check,
    };

    private static byte[] InferRequest(Trial trial, string id = "1", string headers = "", bool hasBody = true)
    {
        ModelFacts model = trial.AnyModel;
        byte[] body = Bodies.Utf8(Bodies.Request(model.SmallInputs(), $"\"id\":\"{id}\""));
        byte[] head = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST {model.InferPath} HTTP/1.1\r\nHost: {trial.Target.Http.Host}\r\n{headers}"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"));
        return hasBody ? [.. head, .. body] : head;
    }

    private static void Answered(Trial trial, HttpAnswer answer, string id = "1")
    {
        InferAnswer read = InferAnswer.Read(answer, trial.AnyModel);
        string got = Expect.Text(read.Json, "id");
        Expect.That(got == id, $"The answer is that of request {got}, not {id}.");
        read.MustEqual(trial.AnyModel.Answer(trial.AnyModel.SmallInputs()));
    }

    private static async Task StillServesAsync(Trial trial)
    {
        trial.Disconnect();
        Answered(trial, await trial.SendAsync(InferRequest(trial)).ConfigureAwait(false));
    }

    private static async Task KeepAliveAsync(Trial trial)
    {
        HttpLink first = await trial.LinkAsync().ConfigureAwait(false);
        for (int i = 0; i < 3; i++)
        {
            string id = i.ToString(CultureInfo.InvariantCulture);
            HttpAnswer answer = await trial.SendAsync(InferRequest(trial, id)).ConfigureAwait(false);
            Answered(trial, answer, id);
            Expect.That(!answer.Closes, "The server closes after the first answer.");
        }

        Expect.That(ReferenceEquals(first, await trial.LinkAsync().ConfigureAwait(false)), "The connection changed.");
    }

    private static async Task PipelineAsync(Trial trial)
    {
        byte[] all = [.. Enumerable.Range(0, 5).SelectMany(
            i => InferRequest(trial, i.ToString(CultureInfo.InvariantCulture)))];
        Answered(trial, await trial.SendAsync(all).ConfigureAwait(false), "0");
        for (int i = 1; i < 5; i++)
        {
            Answered(trial, await trial.ReceiveAsync().ConfigureAwait(false), i.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task CloseAsync(Trial trial)
    {
        HttpAnswer answer = await trial.SendAsync(InferRequest(trial, headers: "Connection: close\r\n"))
            .ConfigureAwait(false);
        Answered(trial, answer);
        HttpLink link = await trial.LinkAsync().ConfigureAwait(false);
        Expect.That(await link.IsClosedAsync(trial.Stop).ConfigureAwait(false), "The connection stays open.");
    }

    private static async Task OldAsync(Trial trial)
    {
        HttpAnswer answer = await trial.SendAsync("GET /v2/health/live HTTP/1.0\r\n\r\n"u8.ToArray())
            .ConfigureAwait(false);
        Expect.Good(answer);
        HttpLink link = await trial.LinkAsync().ConfigureAwait(false);
        Expect.That(await link.IsClosedAsync(trial.Stop).ConfigureAwait(false), "The connection stays open.");
    }

    private static async Task HeadAsync(Trial trial)
    {
        foreach (string path in new[] { "/v2", "/v2/health/live", trial.AnyModel.Path })
        {
            HttpAnswer head = await trial.AskAsync("HEAD", path, null, "").ConfigureAwait(false);
            HttpAnswer get = await trial.GetAsync(path).ConfigureAwait(false);
            Expect.That(head.Status == get.Status, $"HEAD {path} is {head.Status}, GET {get.Status}.");
            Expect.That(
                head.Header("Content-Type") == get.Header("Content-Type"), "HEAD and GET differ in Content-Type.");
        }
    }

    private static async Task ChunkedAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        byte[] body = Bodies.Utf8(Bodies.Request(model.SmallInputs(), "\"id\":\"1\""));
        using MemoryStream request = new();
        request.Write(Encoding.ASCII.GetBytes(
            $"POST {model.InferPath} HTTP/1.1\r\nHost: {trial.Target.Http.Host}\r\n"
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
        for (int at = 0; at < body.Length; at += 7)
        {
            int size = Math.Min(7, body.Length - at);
            request.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{size:x};a=b\r\n")));
            request.Write(body, at, size);
            request.Write("\r\n"u8);
        }

        request.Write("0\r\n\r\n"u8);
        Answered(trial, await trial.SendAsync(request.ToArray()).ConfigureAwait(false));
        Answered(trial, await trial.SendAsync(InferRequest(trial)).ConfigureAwait(false));
    }

    private static async Task SplitAsync(Trial trial)
    {
        HttpLink link = await trial.LinkAsync().ConfigureAwait(false);
        byte[] request = InferRequest(trial);
        trial.Sent(Encoding.UTF8.GetString(request));
        for (int at = 0; at < request.Length; at++)
        {
            await link.SendAsync(request.AsMemory(at, 1), trial.Stop).ConfigureAwait(false);
            await Task.Yield();
        }

        Answered(trial, await trial.ReceiveAsync().ConfigureAwait(false));
    }

    private static async Task ContinueAsync(Trial trial)
    {
        HttpAnswer first = await trial.SendAsync(
            InferRequest(trial, headers: "Expect: 100-continue\r\n", hasBody: false)).ConfigureAwait(false);
        Expect.Status(first, 100);
        HttpLink link = await trial.LinkAsync().ConfigureAwait(false);
        byte[] whole = InferRequest(trial);
        int body = whole.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        await link.SendAsync(whole.AsMemory(body), trial.Stop).ConfigureAwait(false);
        Answered(trial, await trial.ReceiveAsync().ConfigureAwait(false));
    }

    private static async Task HeaderCaseAsync(Trial trial)
    {
        string request = Encoding.UTF8.GetString(InferRequest(trial));
        int body = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string head = request[..body].Replace("Content-Length", "cOnTeNt-LeNgTh", StringComparison.Ordinal)
            .Replace("Host", "HOST", StringComparison.Ordinal);
        Answered(trial, await trial.SendAsync(Bodies.Utf8(head + request[body..])).ConfigureAwait(false));
    }

    private static async Task HostAsync(Trial trial)
    {
        HttpAnswer answer = await trial.SendAsync("GET /v2/health/live HTTP/1.1\r\n\r\n"u8.ToArray())
            .ConfigureAwait(false);
        Expect.Status(answer, 400);
        await StillServesAsync(trial).ConfigureAwait(false);
    }

    private static async Task MalformedAsync(Trial trial)
    {
        HttpAnswer answer = await trial.SendAsync("\u0001\u0002 nonsense\r\n\r\n"u8.ToArray()).ConfigureAwait(false);
        Expect.That(answer.Status is >= 400 and < 500, $"The status is {answer.Status}.");
        await StillServesAsync(trial).ConfigureAwait(false);
    }

    private static async Task ChunkSizeAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        HttpAnswer answer = await trial.SendAsync(Encoding.ASCII.GetBytes(
            $"POST {model.InferPath} HTTP/1.1\r\nHost: {trial.Target.Http.Host}\r\n"
            + "Transfer-Encoding: chunked\r\n\r\nnone\r\n{}\r\n0\r\n\r\n")).ConfigureAwait(false);
        Expect.That(answer.Status is >= 400 and < 500, $"The status is {answer.Status}.");
        await StillServesAsync(trial).ConfigureAwait(false);
    }

    private static async Task TwoLengthsAsync(Trial trial)
    {
        HttpAnswer answer = await trial.SendAsync(Encoding.ASCII.GetBytes(
            $"POST {trial.AnyModel.InferPath} HTTP/1.1\r\nHost: {trial.Target.Http.Host}\r\n"
            + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x")).ConfigureAwait(false);
        Expect.That(answer.Status is >= 400 and < 500, $"The status is {answer.Status}.");
        await StillServesAsync(trial).ConfigureAwait(false);
    }

    private static async Task AllowAsync(Trial trial)
    {
        HttpAnswer answer = await trial.AskAsync("DELETE", trial.AnyModel.Path, null, "").ConfigureAwait(false);
        Expect.That(answer.Status is >= 400 and < 500, $"The status is {answer.Status}.");
        Expect.That(
            answer.Status != 405 || answer.Header("Allow") is { Length: > 0 }, "405 comes without the header Allow.");
    }

    private static async Task AbandonedAsync(Trial trial)
    {
        byte[] request = InferRequest(trial);
        foreach (int length in new[] { 1, request.Length / 2, request.Length - 1, request.Length })
        {
            HttpLink link = await trial.LinkAsync().ConfigureAwait(false);
            await link.SendAsync(request.AsMemory(0, length), trial.Stop).ConfigureAwait(false);
            trial.Disconnect();
        }

        await StillServesAsync(trial).ConfigureAwait(false);
    }
}
