using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.Inference.Sessions;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Tracing;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// What the headers of a call say and whoever asks: how its messages are packed, until when an answer is wanted.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GrpcTerms
{
    /// <summary>Its messages may be gzip.</summary>
    internal bool IsGzip { get; private init; }

    /// <summary>How long the caller waits, from <see cref="BeganAt"/>; zero for ever.</summary>
    internal TimeSpan Deadline { get; private init; }

    /// <summary>When the call came: a timestamp of the process's clock.</summary>
    internal long BeganAt { get; private init; }

    /// <summary>The trace of the request; null, as nearly always, where it is not traced.</summary>
    internal OpenTrace? Trace { get; init; }

    /// <summary>What its model is told.</summary>
    internal RequestTerms Request { get; private init; }

    /// <summary>Reads the headers of a call that has just come.</summary>
    internal static Finding? Read(Exchange exchange, ServeContext context, out GrpcTerms terms)
    {
        terms = default;
        TimeSpan deadline = default;
        IHeaderDictionary headers = exchange.Request.Headers;
        string? encoding = headers[HeaderNames.GrpcEncoding];
        string? timeout = headers[HeaderNames.GrpcTimeout];
        if (encoding is not (null or "identity" or "gzip"))
        {
            return InferErrors.EncodingUnknown.At($"There is no {encoding} here.");
        }

        if (timeout is not null && !GrpcText.TryReadTimeout(timeout, out deadline))
        {
            return InferErrors.MessageInvalid.At("grpc-timeout must be up to eight digits and one of H M S m u n.");
        }

        terms = new GrpcTerms
        {
            IsGzip = encoding == "gzip",
            Deadline = deadline,
            BeganAt = exchange.BeganAt,
            Request = new RequestTerms
            {
                Started = exchange.BeganAt,
                IsCounted = true,
                Client = exchange.ClientOf(context.Clients),
                Gone = exchange.Gone,
            },
        };
        return null;
    }

    /// <summary>The same for a message that is here whole now; what is left of the deadline is its timeout.</summary>
    internal GrpcTerms Begun(TimeProvider time)
    {
        long now = time.GetTimestamp();
        TimeSpan left = Deadline == TimeSpan.Zero
            ? Deadline
            : TimeSpan.FromTicks(Math.Max((Deadline - time.GetElapsedTime(BeganAt, now)).Ticks, 1));
        return this with { Request = Request with { Started = now, Timeout = left } };
    }

    /// <summary>The same with what the request itself asks for; the shorter time holds.</summary>
    internal GrpcTerms With(RequestExtensions extensions)
    {
        if (extensions.Priority == 0 && extensions.TimeoutUs == 0)
        {
            return this;
        }

        TimeSpan asked = TimeSpan.FromMicroseconds(extensions.TimeoutUs);
        bool isShorter = asked > TimeSpan.Zero && (Request.Timeout == TimeSpan.Zero || asked < Request.Timeout);
        return this with
        {
            Request = Request with
            {
                Priority = extensions.Priority,
                Timeout = isShorter ? asked : Request.Timeout,
            },
        };
    }

    /// <summary>True when nobody waits for the answer any more.</summary>
    internal bool IsLate(TimeProvider time) =>
        Deadline > TimeSpan.Zero && time.GetElapsedTime(BeganAt) >= Deadline;
}
