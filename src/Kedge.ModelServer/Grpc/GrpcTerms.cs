using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.ModelServer.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Kedge.ModelServer.Grpc;

/// <summary>What the headers of a call say: how its messages are packed, and until when an answer is wanted.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GrpcTerms
{
    /// <summary>Its messages may be gzip.</summary>
    internal bool IsGzip { get; private init; }

    /// <summary>How long the caller waits, from when the call came; zero for ever.</summary>
    internal TimeSpan Deadline { get; private init; }

    /// <summary>What its model is told.</summary>
    internal RequestTerms Request { get; private init; }

    /// <summary>Reads the headers of a call that has just come.</summary>
    internal static Finding? Read(IHeaderDictionary headers, TimeProvider time, out GrpcTerms terms)
    {
        terms = default;
        TimeSpan deadline = default;
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
            Request = new RequestTerms { Started = time.GetTimestamp(), Timeout = deadline, IsCounted = true },
        };
        return null;
    }

    /// <summary>The same for a message that has just come in a stream, whose deadline is that of the whole.</summary>
    internal GrpcTerms Begun(TimeProvider time)
    {
        long now = time.GetTimestamp();
        TimeSpan passed = time.GetElapsedTime(Request.Started, now);
        TimeSpan left = Deadline == TimeSpan.Zero ? Deadline : TimeSpan.FromTicks(
            Math.Max((Deadline - passed).Ticks, 1));
        return this with { Deadline = left, Request = Request with { Started = now, Timeout = left } };
    }

    /// <summary>The same with what the request itself asks for; the shorter time holds.</summary>
    internal GrpcTerms With(in GrpcParameters parameters)
    {
        if (parameters.Priority == 0 && parameters.TimeoutUs == 0)
        {
            return this;
        }

        long ticks = Math.Min(parameters.TimeoutUs, long.MaxValue / TimeSpan.TicksPerMicrosecond)
            * TimeSpan.TicksPerMicrosecond;
        bool isShorter = ticks > 0 && (Deadline == TimeSpan.Zero || ticks < Deadline.Ticks);
        return this with
        {
            Request = Request with
            {
                Priority = parameters.Priority,
                Timeout = isShorter ? TimeSpan.FromTicks(ticks) : Deadline,
            },
        };
    }

    /// <summary>True when nobody waits for the answer any more.</summary>
    internal bool IsLate(TimeProvider time) =>
        Deadline > TimeSpan.Zero && time.GetElapsedTime(Request.Started) >= Deadline;
}
