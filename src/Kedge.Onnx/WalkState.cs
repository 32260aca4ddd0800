using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Kedge.Core.Errors;

namespace Kedge.Onnx;

/// <summary>What one walk through a file has counted and gathered so far, and why it stopped if it did.</summary>
internal sealed class WalkState
{
    private readonly Dictionary<(string Domain, string OpType), int> _operators = [];
    private readonly List<OnnxExternalTensor> _external = [];
    private readonly List<OnnxInitializer> _constants = [];
    private int _nodes;
    private int _initializers;

    /// <summary>Why the walk stopped; null while all is well.</summary>
    public Finding? Failure { get; private set; }

    /// <summary>Bytes of the tensors met so far.</summary>
    public long TensorBytes { get; set; }

    public int NodeCount => _nodes;

    public ImmutableArray<string> ExternalLocations =>
        [.. _external.Select(static one => one.Location).Distinct().Order(StringComparer.Ordinal)];

    public ImmutableArray<OnnxExternalTensor> ExternalTensors => [.. _external];

    public ImmutableArray<OnnxInitializer> Constants => [.. _constants];

    public ImmutableArray<OnnxOperatorUse> Operators =>
    [
        .. _operators
            .Select(static entry => new OnnxOperatorUse(entry.Key.Domain, entry.Key.OpType, entry.Value))
            .OrderBy(static use => use.Domain, StringComparer.Ordinal)
            .ThenBy(static use => use.OpType, StringComparer.Ordinal),
    ];

    /// <summary>Keeps the first failure and returns false, so that a walk can end with one statement.</summary>
    public bool Fail(ErrorCode code, string message)
    {
        Failure ??= code.At(message);
        return false;
    }

    public bool Malformed(string where) => Fail(OnnxErrors.Malformed, $"The bytes of {where} are not well formed.");

    public bool CountNode(string domain, string opType)
    {
        if (++_nodes > OnnxLimits.NodesMax)
        {
            return Fail(OnnxErrors.Limit, $"There are more than {OnnxLimits.NodesMax} nodes.");
        }

        // "ai.onnx" is another spelling of the standard's own domain (IR specification, "Operator Sets").
        string canonical = domain == "ai.onnx" ? "" : domain;
        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_operators, (canonical, opType), out _);
        count++;
        return _operators.Count <= OnnxLimits.OperatorKindsMax
            || Fail(OnnxErrors.Limit, $"There are more than {OnnxLimits.OperatorKindsMax} kinds of operators.");
    }

    public bool CountInitializer() =>
        ++_initializers <= OnnxLimits.InitializersMax
        || Fail(OnnxErrors.Limit, $"There are more than {OnnxLimits.InitializersMax} initializers.");

    /// <summary>Keeps a tensor of an attribute or of a subgraph, where it holds more bytes than its record
    /// takes.</summary>
    public void KeepConstant(OnnxInitializer? tensor)
    {
        if (tensor is { RawOffset: >= 0, Bytes: >= OnnxLimits.ConstantBytesMin }
            && _constants.Count < OnnxLimits.InitializersMax)
        {
            _constants.Add(tensor);
        }
    }

    /// <summary>
    /// Notes a tensor of another file; as many as there may be initializers, for constants of nodes too.
    /// </summary>
    public bool AddExternal(OnnxExternalTensor tensor)
    {
        _external.Add(tensor);
        return _external.Count <= OnnxLimits.InitializersMax
            || Fail(OnnxErrors.Limit, $"More than {OnnxLimits.InitializersMax} tensors lie in other files.");
    }

    /// <summary>Reads a name: at most <see cref="OnnxLimits.NameBytesMax"/> bytes of valid UTF-8.</summary>
    public bool TryName(ref ProtoReader reader, string what, out string name)
    {
        name = "";
        if (!reader.TryBytes(out ReadOnlySpan<byte> utf8, out _) || !Utf8.IsValid(utf8))
        {
            return Malformed(what);
        }

        if (utf8.Length > OnnxLimits.NameBytesMax)
        {
            return Fail(OnnxErrors.Limit, $"The length of {what} is above {OnnxLimits.NameBytesMax} bytes.");
        }

        name = Encoding.UTF8.GetString(utf8);
        return true;
    }
}
