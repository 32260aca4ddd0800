using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>One check of one rule: whom it asks, about which model, and what was said. Used once.</summary>
internal sealed class Trial : IDisposable
{
    private readonly List<(string Sent, string Got)> _exchanges = [];
    private HttpLink? _link;
    private GrpcLink? _grpc;

    internal Trial(Target target, ModelFacts? model, CancellationToken stop)
    {
        Target = target;
        Stop = stop;
        _model = model;
    }

    private readonly ModelFacts? _model;

    /// <summary>Whom it asks.</summary>
    internal Target Target { get; }

    /// <summary>Ends the check when its time is over.</summary>
    internal CancellationToken Stop { get; }

    /// <summary>The model; only for rules that are checked for each model.</summary>
    internal ModelFacts Model => _model ?? throw new InvalidOperationException("The rule is of no model.");

    /// <summary>Any model, for rules that are checked once and need one.</summary>
    internal ModelFacts AnyModel => Target.Models.FirstOrDefault(static model => model.Function == ModelFunction.AddSub)
        ?? Target.Models.FirstOrDefault()
        ?? throw new NotOfferedException("No model could be found.");

    /// <summary>A connection for HTTP/1.1, the same one until it closes.</summary>
    internal async Task<HttpLink> LinkAsync() =>
        _link ??= await HttpLink.OpenAsync(Target.Http, Stop).ConfigureAwait(false);

    /// <summary>Another connection from now on.</summary>
    internal void Disconnect()
    {
        _link?.Dispose();
        _link = null;
    }

    /// <summary>A connection for gRPC.</summary>
    internal GrpcLink Grpc => _grpc ??= new GrpcLink(
        Target.Grpc ?? throw new NotOfferedException("No address for gRPC was given."), this);

    internal Task<HttpAnswer> GetAsync(string path) => AskAsync("GET", path, null, "");

    internal Task<HttpAnswer> PostAsync(string path, string body, string headers = "") =>
        AskAsync("POST", path, Bodies.Utf8(body), $"Content-Type: application/json\r\n{headers}");

    /// <summary>JSON with binary data behind it.</summary>
    internal Task<HttpAnswer> PostBinaryAsync(string path, string json, byte[] data, string? headerLength = null)
    {
        byte[] head = Bodies.Utf8(json);
        string length = headerLength ?? head.Length.ToString(CultureInfo.InvariantCulture);
        return AskAsync(
            "POST", path, [.. head, .. data],
            $"Content-Type: application/octet-stream\r\nInference-Header-Content-Length: {length}\r\n");
    }

    /// <summary>One request and its answer.</summary>
    internal async Task<HttpAnswer> AskAsync(string method, string path, byte[]? body, string headers)
    {
        string length = body is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        byte[] head = Encoding.ASCII.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: {Target.Http.Host}\r\n{headers}{length}\r\n");
        HttpAnswer answer = await SendAsync([.. head, .. body ?? []], method == "HEAD").ConfigureAwait(false);
        if (answer.Closes)
        {
            Disconnect();
        }

        return answer;
    }

    /// <summary>Bytes as they are, and the next answer.</summary>
    internal async Task<HttpAnswer> SendAsync(byte[] request, bool isHead = false)
    {
        HttpLink link = await LinkAsync().ConfigureAwait(false);
        Sent(Encoding.UTF8.GetString(request));
        await link.SendAsync(request, Stop).ConfigureAwait(false);
        return await ReceiveAsync(isHead).ConfigureAwait(false);
    }

    /// <summary>The next answer.</summary>
    internal async Task<HttpAnswer> ReceiveAsync(bool isHead = false)
    {
        HttpLink link = await LinkAsync().ConfigureAwait(false);
        HttpAnswer answer = await link.ReceiveAsync(isHead, Stop).ConfigureAwait(false);
        Got(string.Create(CultureInfo.InvariantCulture, $"{answer.Status}\r\n")
            + string.Join("\r\n", answer.Headers.Select(static header => $"{header.Name}: {header.Value}"))
            + $"\r\n\r\n{answer.Text}");
        return answer;
    }

    /// <summary>Asks a model in JSON and reads the answer.</summary>
    internal async Task<InferAnswer> InferAsync(
        ModelFacts model, IEnumerable<TensorValue> inputs, string more = "") => InferAnswer.Read(
            await PostAsync(model.InferPath, Bodies.Request(inputs, more)).ConfigureAwait(false), model);

    /// <summary>Remembers what was sent, for the report.</summary>
    internal void Sent(string text) => _exchanges.Add((Shown(text), ""));

    /// <summary>Remembers what came back, for the report.</summary>
    internal void Got(string text)
    {
        if (_exchanges.Count > 0)
        {
            _exchanges[^1] = (_exchanges[^1].Sent, _exchanges[^1].Got + Shown(text));
        }
    }

    /// <summary>The last exchanges.</summary>
    internal ImmutableArray<(string Sent, string Got)> Exchanges =>
        [.. _exchanges.TakeLast(ConformanceLimits.ShownExchangesMax)];

    public void Dispose()
    {
        _link?.Dispose();
        _grpc?.Dispose();
    }

    private static string Shown(string text)
    {
        string printable = string.Concat(text.Take(ConformanceLimits.ShownCharsMax).Select(static c =>
            c is '\n' || !char.IsControl(c) ? c.ToString() : c == '\r' ? "" : "."));
        return text.Length > ConformanceLimits.ShownCharsMax
            ? string.Create(CultureInfo.InvariantCulture, $"{printable}... ({text.Length} characters)")
            : printable;
    }
}
