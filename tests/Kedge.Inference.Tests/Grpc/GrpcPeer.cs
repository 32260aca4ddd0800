using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>A client that speaks gRPC by the framework's HTTP/2 and the code of protoc.</summary>
internal sealed class GrpcPeer : IDisposable
{
    public const string Service = "/inference.GRPCInferenceService/";
    private readonly HttpMessageInvoker _http;

    public GrpcPeer(EndPoint endPoint)
    {
        SocketsHttpHandler handler = new()
        {
            EnableMultipleHttp2Connections = false,
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = endPoint is UnixDomainSocketEndPoint
                    ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                    : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(endPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        _http = new HttpMessageInvoker(handler);
    }

    /// <summary>One message there, one back.</summary>
    public async Task<(int Status, string Message, T? Answer)> AskAsync<T>(
        string method, IMessage request, MessageParser<T> parser, params (string Name, string Value)[] headers)
        where T : class, IMessage<T>
    {
        (int status, string message, byte[] body) = await AskAsync(
            method.Contains('.', StringComparison.Ordinal) ? "/" + method : Service + method,
            Frame(request.ToByteArray()), headers);
        return (status, message, body.Length == 0 ? null : parser.ParseFrom(body, 5, body.Length - 5));
    }

    /// <summary>Any bytes there; status, message and body back.</summary>
    public async Task<(int Status, string Message, byte[] Body)> AskAsync(
        string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using HttpResponseMessage response = await SendAsync(path, new ByteArrayContent(body), headers);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        (int status, string message) = StatusOf(response);
        return (status, message, answer);
    }

    /// <summary>A call that may be left: its stream is reset then.</summary>
    public async Task AskAsync(string path, byte[] body, CancellationToken leave)
    {
        using HttpResponseMessage response = await SendAsync(path, new ByteArrayContent(body), [], leave);
        await response.Content.ReadAsByteArrayAsync(leave);
    }

    public Task<HttpResponseMessage> SendAsync(
        string path, HttpContent content, params (string Name, string Value)[] headers) =>
        SendAsync(path, content, headers, CancellationToken.None);

    private async Task<HttpResponseMessage> SendAsync(
        string path, HttpContent content, (string Name, string Value)[] headers, CancellationToken leave)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        HttpRequestMessage request = new(HttpMethod.Post, "http://kedge" + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TE.ParseAdd("trailers");
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        HttpResponseMessage response = await _http.SendAsync(request, leave);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.MediaType);
        return response;
    }

    /// <summary>A request that is no gRPC, over HTTP/2 all the same.</summary>
    public async Task<(int Status, string Body)> AskRestAsync(HttpMethod method, string path, string? json = null)
    {
        using HttpRequestMessage request = new(method, "http://kedge" + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = json is null ? null : new StringContent(json),
        };
        using HttpResponseMessage response = await _http.SendAsync(request, CancellationToken.None);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public static (int Status, string Message) StatusOf(HttpResponseMessage response)
    {
        HttpResponseHeaders place =
            response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        string message = place.TryGetValues("grpc-message", out IEnumerable<string>? values) ? values.Single() : "";
        return (int.Parse(place.GetValues("grpc-status").Single(), CultureInfo.InvariantCulture),
            Uri.UnescapeDataString(message));
    }

    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        byte[] frame = [flag, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        return frame;
    }

    public void Dispose() => _http.Dispose();
}
