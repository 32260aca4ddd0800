using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Tracing;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Kedge.ModelServer.Http;

/// <summary>
/// One connection's state for the requests that it sends one after the other; made once per connection.
/// </summary>
/// <param name="features">Kestrel's view of the current request.</param>
internal sealed class Exchange(IFeatureCollection features)
{
    /// <summary>How Kestrel calls HTTP/2.</summary>
    internal const string Http2 = "HTTP/2";

    private ClientCounter? _client;
    private CancellationToken? _gone;
    private OpenStreams? _streams;
    private bool _knowsStreams;

    internal IFeatureCollection Features { get; private set; } = features;

    internal IHttpRequestFeature Request => Features.GetRequiredFeature<IHttpRequestFeature>();

    internal IHttpResponseFeature Response => Features.GetRequiredFeature<IHttpResponseFeature>();

    internal IHttpResponseBodyFeature ResponseBody => Features.GetRequiredFeature<IHttpResponseBodyFeature>();

    internal IRequestBodyPipeFeature RequestBody => Features.GetRequiredFeature<IRequestBodyPipeFeature>();

    /// <summary>True on the server's own socket, which only its owner can open.</summary>
    internal bool IsOwn => Features.Get<OwnSocketFeature>() is not null;

    /// <summary>Cancelled when whoever asked has gone.</summary>
    internal CancellationToken Gone => Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;

    /// <summary>When the head of the request had been read: a timestamp of the process's clock.</summary>
    internal long BeganAt { get; private set; }

    /// <summary>The trace of the request; null, as nearly always, where it is not traced.</summary>
    internal OpenTrace? Trace { get; set; }

    /// <summary>Status of the answer; 0 before there is one.</summary>
    internal int Status { get; private set; }

    /// <summary>Bytes of the answer's body.</summary>
    internal int AnswerBytes { get; private set; }

    /// <summary>What comes after the body; HTTP/2 only.</summary>
    internal IHeaderDictionary Trailers =>
        Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;

    /// <summary>Takes a body of any length: whoever reads it counts for itself.</summary>
    internal void DisableBodyLimit() =>
        Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;

    /// <summary>Takes a body that comes as slowly as it likes.</summary>
    internal void DisableBodyPace() =>
        Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;

    /// <summary>
    /// Cancelled when whoever asked has gone, at no cost to a request of HTTP/1.1: that has its connection for itself.
    /// Of HTTP/2 the stream counts.
    /// </summary>
    internal CancellationToken AskerGone => Request.Protocol == Http2 ? Gone : ConnectionGone;

    /// <summary>Cancelled when the connection can bring nothing more. Looked up once.</summary>
    private CancellationToken ConnectionGone =>
        _gone ??= Features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed ?? CancellationToken.None;

    /// <summary>Counts requests of the connection; null on the own socket. Looked up once.</summary>
    internal OpenStreams? Streams
    {
        get
        {
            if (!_knowsStreams)
            {
                _knowsStreams = true;
                _streams = Features.Get<OpenStreams>();
            }

            return _streams;
        }
    }

    /// <summary>Counts requests of whoever is at the other end. Looked up once.</summary>
    internal ClientCounter ClientOf(ClientCounters clients) =>
        _client ??= clients.Of(Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress);

    /// <summary>Takes the next request.</summary>
    internal Exchange Reuse(IFeatureCollection features)
    {
        Features = features;
        return this;
    }

    /// <summary>Begins to answer the request.</summary>
    internal void Begin(long now)
    {
        BeganAt = now;
        Trace = null;
        Status = 0;
        AnswerBytes = 0;
    }

    /// <summary>Notes what is answered, for the access log.</summary>
    internal void NoteAnswer(int status, int bytes)
    {
        Status = status;
        AnswerBytes = bytes;
    }
}
