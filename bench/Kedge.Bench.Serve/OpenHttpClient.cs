using System.Net;
using System.Net.Sockets;

namespace Kedge.Bench.Serve;

/// <summary>Over HTTP/1.1.</summary>
internal sealed class OpenHttpClient(EndPoint endPoint, byte[] request) : IOpenClient
{
    private HttpWorker? _worker;

    public bool TryAsk()
    {
        try
        {
            _worker ??= new HttpWorker(endPoint);
            return _worker.Ask(request, out _) == 200;
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            _worker?.Dispose();
            _worker = null;
            return false;
        }
    }

    public void Dispose() => _worker?.Dispose();
}
