using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Inference.Tracing;

/// <summary>
/// The trace settings of a server: one for all, and those of models that have their own. A model's own are copied from
/// those for all when they are first set, and gone when they are set to nothing (Triton's trace extension). Safe from
/// any thread; asking takes no lock.
/// </summary>
public sealed class TraceBoard
{
    private readonly Lock _gate = new();
    private volatile TraceSampler _all = new(TraceSetting.Off);
    private volatile ImmutableDictionary<string, TraceSampler> _own = ImmutableDictionary<string, TraceSampler>.Empty;
    private volatile bool _isOn;

    /// <summary>True where any request could be traced.</summary>
    public bool IsOn => _isOn;

    /// <summary>Models that have settings of their own.</summary>
    public IEnumerable<string> Own => _own.Keys;

    /// <summary>Told after every change; null for nobody.</summary>
    public Action? Changed { get; set; }

    /// <summary>Who decides for a model.</summary>
    public TraceSampler Of(string model) => _own.GetValueOrDefault(model) ?? _all;

    /// <summary>The settings as the protocol has them.</summary>
    /// <param name="model">Of this model; empty for those of all.</param>
    public byte[] Read(string model) => TraceSettingCodec.Write(Of(model).Setting);

    /// <summary>Changes what a body names.</summary>
    /// <param name="model">For this model; empty for all that have no settings of their own.</param>
    /// <param name="body">A JSON object of settings.</param>
    /// <returns>Null, or what is wrong with it; nothing is changed then.</returns>
    public Finding? Change(string model, ReadOnlySpan<byte> body)
    {
        lock (_gate)
        {
            TraceSetting old = Of(model).Setting;
            Finding? fault = TraceSettingCodec.Read(
                body, old,
                model.Length == 0 ? TraceSetting.Off : _all.Setting, out TraceSetting setting, out bool isEmpty);
            if (fault is not null)
            {
                return fault;
            }

            if (model.Length == 0)
            {
                _all = isEmpty ? _all : new TraceSampler(setting);
            }
            else
            {
                _own = isEmpty ? _own.Remove(model) : _own.SetItem(model, new TraceSampler(setting));
            }

            _isOn = _all.Setting.IsOn || _own.Values.Any(static sampler => sampler.Setting.IsOn);
        }

        Changed?.Invoke();
        return null;
    }
}
