using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Kedge.Agent.Http;
using Kedge.Agent.Identity;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Neighbours;
using Kedge.Wire;
using Kedge.Wire.Enrolment;

namespace Kedge.Agent.Source;

/// <summary>
/// Content over HTTPS with the device's certificate. One connection is kept while it is used and closed when nothing
/// was asked for a while. A stream holds it for as long as it takes, which may be hours at a slow pace: what is small
/// takes a connection of its own meanwhile. Renewal has one too, without a certificate, as the one held may have
/// expired.
/// </summary>
/// <param name="credentials">Who we are, and whom we trust.</param>
/// <param name="time">Clock and timers.</param>
/// <param name="floorMs">The true time is not before it, Unix milliseconds UTC.</param>
internal sealed class HttpsArtifactSource(Credentials credentials, TimeProvider time, Func<long> floorMs)
    : IArtifactSource, IAsyncDisposable
{
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly BundleSource _bundle = new(credentials, time, floorMs);
    private HttpExchange? _connection;
    private long _usedAt;
    private long _uses;

    public async ValueTask<StreamOutcome> StreamAsync(
        ContentAsk ask, IContentSink sink, CancellationToken cancel)
    {
        BodyToContent body = new(ask, sink);
        HttpRequest request = new()
        {
            Path = PathOf(ask.Name),
            Host = credentials.Content.Authority,
            RangeFrom = ask.From,
            RangeTo = ask.To,
            IfRange = ask.Tag,
            AcceptEncoding = ask.TakesZstd ? "zstd" : "",
        };
        HttpAnswer answer;
        try
        {
            answer = await InTurnAsync(request, body, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return new StreamOutcome.Later(TimeSpan.Zero, Unreachable(e.Message));
        }

        return answer.Status switch
        {
            200 or 206 when body.Wrong is { } wrong =>
                new StreamOutcome.Later(TimeSpan.Zero, new Problem(wrong.Code, wrong.Message)),
            200 or 206 when answer.IsStopped => new StreamOutcome.Stopped(),
            200 or 206 when answer.IsWhole => new StreamOutcome.Done(),
            200 or 206 => new StreamOutcome.Later(
                TimeSpan.Zero, Unreachable("the connection broke in the middle of an answer")),
            404 => new StreamOutcome.NotFound(ProblemOf(answer)),
            429 or >= 500 => new StreamOutcome.Later(answer.RetryAfter, ProblemOf(answer)),
            _ => new StreamOutcome.Refused(ProblemOf(answer)),
        };
    }

    private static string PathOf(ContentName name) => name switch
    {
        ContentName.Envelope envelope => $"/v1/packages/{envelope.Package}",
        ContentName.OneChunk chunk => $"/v1/chunks/{chunk.Chunk.Digest}",
        ContentName.Delta { Base.IsNone: true } delta => $"/v1/deltas/{delta.Target}",
        ContentName.Delta delta => $"/v1/deltas/{delta.Target}?base={delta.Base}",
        _ => throw Check.Unreachable(name),
    };

    public ValueTask<FetchOutcome> GetTrustAsync(CancellationToken cancel) => GetAsync(
        new HttpRequest { Path = "/v1/trust", Host = credentials.Content.Authority }, cancel);

    public ValueTask<FetchOutcome> GetNeighboursAsync(CancellationToken cancel) => GetAsync(
        new HttpRequest
        {
            Path = "/v1/neighbours",
            Host = credentials.Content.Authority,
            BodyBytesMax = NeighbourLimits.RosterBytesMax,
        },
        cancel);

    public async ValueTask<FetchOutcome> RenewAsync(ReadOnlyMemory<byte> request, CancellationToken cancel)
    {
        HttpRequest renewal = new()
        {
            Method = "POST",
            Path = "/v1/renew",
            Host = credentials.Content.Authority,
            Body = request,
        };
        try
        {
            return Of(await AloneAsync(null, renewal, cancel).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return Later(e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }

        _turn.Dispose();
    }

    private async ValueTask<FetchOutcome> GetAsync(HttpRequest request, CancellationToken cancel)
    {
        try
        {
            bool isFree = await _turn.WaitAsync(TimeSpan.Zero, cancel).ConfigureAwait(false);
            return Of(isFree
                ? await HeldAsync(request, null, cancel).ConfigureAwait(false)
                : await AloneAsync(credentials.Certificate, request, cancel).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return Later(e.Message);
        }
    }

    private async ValueTask<HttpAnswer> InTurnAsync(HttpRequest request, IBodySink? sink, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        return await HeldAsync(request, sink, cancel).ConfigureAwait(false);
    }

    /// <summary>Asks on the kept connection; whoever calls holds the turn, which is given on at the end.</summary>
    private async ValueTask<HttpAnswer> HeldAsync(HttpRequest request, IBodySink? sink, CancellationToken cancel)
    {
        try
        {
            return await AskAsync(request, sink, cancel).ConfigureAwait(false);
        }
        finally
        {
            _usedAt = time.GetTimestamp();
            _uses++;
            _ = CloseWhenIdleAsync(_uses);
            _ = _turn.Release();
        }
    }

    private async ValueTask<HttpAnswer> AskAsync(HttpRequest request, IBodySink? sink, CancellationToken cancel)
    {
        bool isOld = _connection is { IsOpen: true } && time.GetElapsedTime(_usedAt) < IdleMax;
        if (isOld)
        {
            try
            {
                return await _connection!.SendAsync(request, sink, cancel).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The server closed a kept connection just then, before a byte of the answer: once more on a new one.
            }
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }

        _connection = await ConnectAsync(credentials.Certificate, cancel).ConfigureAwait(false);
        return await _connection.SendAsync(request, sink, cancel).ConfigureAwait(false);
    }

    /// <summary>Asks on a connection of its own.</summary>
    private async ValueTask<HttpAnswer> AloneAsync(
        X509Certificate2? certificate, HttpRequest request, CancellationToken cancel)
    {
        HttpExchange connection = await ConnectAsync(certificate, cancel).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await connection.SendAsync(request, cancel).ConfigureAwait(false);
        }
    }

    private async Task CloseWhenIdleAsync(long use)
    {
        await Task.Delay(IdleMax, time).ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (use == _uses && _connection is { } idle)
            {
                _connection = null;
                await idle.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _ = _turn.Release();
        }
    }

    private async ValueTask<HttpExchange> ConnectAsync(X509Certificate2? certificate, CancellationToken cancel)
    {
        ServerJudge judge = new(credentials, _bundle.Clock);
        try
        {
            return await DialAsync(judge, certificate, cancel).ConfigureAwait(false);
        }
        catch (IOException e) when (judge.Why is not null)
        {
            string? noBundle = judge.NeedsBundle ? await _bundle.RefreshAsync(cancel).ConfigureAwait(false) : "";
            if (noBundle is not null)
            {
                string separator = noBundle.Length > 0 ? "; " : "";
                throw new IOException($"{credentials.Content.Authority}: {judge.Why}{separator}{noBundle}", e);
            }
        }

        return await DialAsync(judge, certificate, cancel).ConfigureAwait(false);
    }

    private async ValueTask<HttpExchange> DialAsync(
        ServerJudge judge, X509Certificate2? certificate, CancellationToken cancel)
    {
        Stream stream = await TlsDialer.ConnectAsync(
            (credentials.Content.Host, credentials.Content.Port),
            certificate,
            (_, server, chain, errors) => judge.Accepts(server, chain, errors),
            time,
            cancel).ConfigureAwait(false);
        return new HttpExchange(stream, time, AgentLimits.FetchTimeout);
    }

    private static FetchOutcome Of(HttpAnswer answer) => answer.Status switch
    {
        200 or 206 when answer.IsWhole => new FetchOutcome.Done(answer.Body),
        200 or 206 => Later("the connection broke in the middle of an answer"),
        404 => new FetchOutcome.NotFound(ProblemOf(answer)),
        429 or >= 500 => new FetchOutcome.RetryLater(answer.RetryAfter, ProblemOf(answer)),
        _ => new FetchOutcome.Refused(ProblemOf(answer)),
    };

    /// <summary>What the server says in the body of an answer that is no success.</summary>
    internal static Problem ProblemOf(HttpAnswer answer)
    {
        try
        {
            ProblemResponse? problem = JsonSerializer.Deserialize(answer.Body.Span, WireJson.Default.ProblemResponse);
            if (problem?.Error is { } error)
            {
                return new Problem(error.Code, error.Message);
            }
        }
        catch (JsonException)
        {
            // Not from our server, or cut off: the status says enough.
        }

        return Unreachable($"the server answered with status {answer.Status}");
    }

    private static FetchOutcome.RetryLater Later(string message) =>
        new(TimeSpan.Zero, Unreachable(message));

    private static Problem Unreachable(string message) => new(AgentErrors.Unreachable.Code, message);
}
