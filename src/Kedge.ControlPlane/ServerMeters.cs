using System.Globalization;
using Kedge.ControlPlane.Http;
using Kedge.Core.Measure;

namespace Kedge.ControlPlane;

/// <summary>What the server counts about itself.</summary>
internal sealed class ServerMeters
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Route, string Method, string Status), long> _calls = [];
    private readonly long[] _buckets = new long[Instruments.CallSeconds.Buckets.Length + 1];
    private double _seconds;

    /// <summary>A call was answered. The routes are a fixed set, so the counters are bounded.</summary>
    public void Count(Route route, int status, TimeSpan took)
    {
        string kind = string.Create(CultureInfo.InvariantCulture, $"{status / 100}xx");
        string pattern = route.Pattern.Length == 0 ? "none" : route.Pattern;
        double seconds = took.TotalSeconds;
        int bucket = 0;
        while (bucket < Instruments.CallSeconds.Buckets.Length && seconds > Instruments.CallSeconds.Buckets[bucket])
        {
            bucket++;
        }

        lock (_lock)
        {
            (string, string, string) key = (pattern, route.Method.Length == 0 ? "ANY" : route.Method, kind);
            _calls[key] = _calls.GetValueOrDefault(key) + 1;
            _buckets[bucket]++;
            _seconds += seconds;
        }
    }

    /// <summary>Writes the counters.</summary>
    public void Write(PrometheusText text)
    {
        lock (_lock)
        {
            text.Begin(Instruments.Calls);
            foreach (((string route, string method, string status), long count) in _calls)
            {
                text.Sample(count, method, route, status);
            }

            text.Begin(Instruments.CallSeconds);
            text.Histogram(_buckets, _seconds);
        }
    }
}
