using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Wire;

/// <summary>How a call ended. Never compared.</summary>
/// <param name="Status">grpc-status: 0 is good.</param>
/// <param name="Words">grpc-message, as it came.</param>
/// <param name="Messages">What came before.</param>
internal sealed record GrpcAnswer(int Status, string Words, ImmutableArray<byte[]> Messages);

/// <summary>
/// gRPC by hand over HTTP/2 without TLS: frames are written here, so that wrong ones can be written too.
/// </summary>
internal sealed class GrpcLink : IDisposable
{
    internal const int Ok = 0;
    internal const int InvalidArgument = 3;
    internal const int NotFound = 5;
    internal const int Unimplemented = 12;

    private const int PrefixBytes = 5;

    private readonly HttpClient _client;
    private readonly Trial _trial;
    private readonly Uri _address;

    internal GrpcLink(ServerAddress address, Trial trial)
    {
        _trial = trial;
        _address = new Uri($"http://{address.Host}");
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, stop) => new NetworkStream(
                await address.ConnectAsync(stop).ConfigureAwait(false), ownsSocket: true),
        })
        {
            Timeout = ConformanceLimits.CheckTime,
        };
    }

    /// <summary>A call with one message.</summary>
    internal Task<GrpcAnswer> CallAsync(string method, ProtoBytes message) =>
        SendAsync(method, Frame(message.ToArray()));

    /// <summary>A call that must succeed; returns its one message.</summary>
    internal async Task<ProtoMessage> AskAsync(string method, ProtoBytes message)
    {
        GrpcAnswer answer = await CallAsync(method, message).ConfigureAwait(false);
        Expect.That(answer.Status == Ok, $"grpc-status is {answer.Status}: {answer.Words}");
        Expect.That(answer.Messages.Length == 1, $"{answer.Messages.Length} messages came, not one.");
        return new ProtoMessage(answer.Messages[0]);
    }

    /// <summary>A call whose body is given as it is, in pieces.</summary>
    internal async Task<GrpcAnswer> SendAsync(
        string method, byte[] body, int pieceBytes = int.MaxValue, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(
            HttpMethod.Post, new Uri(_address, $"/inference.GRPCInferenceService/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new PiecesContent(body, pieceBytes),
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        _trial.Sent($"{method}\n{Convert.ToHexString(body)}");
        using HttpResponseMessage response = await _client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, _trial.Stop).ConfigureAwait(false);
        byte[] all = await response.Content.ReadAsByteArrayAsync(_trial.Stop).ConfigureAwait(false);
        GrpcAnswer answer = Read(response, all);
        _trial.Got(string.Create(CultureInfo.InvariantCulture, $"grpc-status {answer.Status} {answer.Words}\n")
            + Convert.ToHexString(all));
        return answer;
    }

    /// <summary>A message with its prefix.</summary>
    internal static byte[] Frame(byte[] message, bool isCompressed = false)
    {
        byte[] frame = new byte[PrefixBytes + message.Length];
        frame[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, PrefixBytes);
        return frame;
    }

    public void Dispose() => _client.Dispose();

    private static GrpcAnswer Read(HttpResponseMessage response, byte[] body)
    {
        Expect.That(
            response.StatusCode == HttpStatusCode.OK, $"The HTTP status is {(int)response.StatusCode}, not 200.");
        string? type = response.Content.Headers.ContentType?.MediaType;
        Expect.That(
            type?.StartsWith("application/grpc", StringComparison.Ordinal) == true, $"The content-type is {type}.");
        string? status = Header(response, "grpc-status");
        int number = 0;
        Expect.That(
            status is not null && int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out number),
            $"grpc-status is '{status}'.");
        ImmutableArray<byte[]>.Builder messages = ImmutableArray.CreateBuilder<byte[]>();
        ReadOnlySpan<byte> rest = body;
        while (!rest.IsEmpty)
        {
            Expect.That(rest.Length >= PrefixBytes, "A message's prefix is cut off.");
            Expect.That(rest[0] == 0, "A message is compressed though nobody asked for it.");
            int length = BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
            Expect.That(length >= 0 && length <= rest.Length - PrefixBytes, "A message is cut off.");
            messages.Add(rest.Slice(PrefixBytes, length).ToArray());
            rest = rest[(PrefixBytes + length)..];
        }

        return new GrpcAnswer(
            number, Uri.UnescapeDataString(Header(response, "grpc-message") ?? ""), messages.ToImmutable());
    }

    /// <summary>From the trailers, or from the head where an answer is nothing else.</summary>
    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? late) ? late.First()
        : response.Headers.TryGetValues(name, out IEnumerable<string>? early) ? early.First()
        : null;

    private sealed class PiecesContent : HttpContent
    {
        private readonly byte[] _body;
        private readonly int _pieceBytes;

        internal PiecesContent(byte[] body, int pieceBytes)
        {
            _body = body;
            _pieceBytes = pieceBytes;
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (int at = 0; at < _body.Length; at += _pieceBytes)
            {
                int size = Math.Min(_pieceBytes, _body.Length - at);
                await stream.WriteAsync(_body.AsMemory(at, size)).ConfigureAwait(false);
                await stream.FlushAsync().ConfigureAwait(false);
                if (_pieceBytes == int.MaxValue)
                {
                    break;
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
