using System.Globalization;
using System.Text;
using Kedge.Conformance.Models;

namespace Kedge.Conformance.Rules;

/// <summary>Bodies of inference requests, as text: right ones, and any wrong one.</summary>
internal static class Bodies
{
    /// <summary>A whole request.</summary>
    /// <param name="inputs">Each as <see cref="Input"/> writes it.</param>
    /// <param name="more">Further fields, as <c>"id":"42"</c>; empty for none.</param>
    internal static string Request(IEnumerable<string> inputs, string more = "") =>
        $"{{\"inputs\":[{string.Join(',', inputs)}]{(more.Length > 0 ? "," : "")}{more}}}";

    /// <summary>A right request in JSON.</summary>
    internal static string Request(IEnumerable<TensorValue> inputs, string more = "") =>
        Request(inputs.Select(static input => Input(input)), more);

    /// <summary>An input; any part of it can be another text.</summary>
    internal static string Input(
        TensorValue value, string? type = null, string? shape = null, string? data = null, string? name = null) =>
        $"{{\"name\":{DataTypes.JsonText(name ?? value.Name)},\"shape\":{shape ?? value.ShapeJson()},"
        + $"\"datatype\":\"{type ?? value.Type}\",\"data\":{data ?? value.ToFlatJson()}}}";

    /// <summary>An input whose data follows the JSON.</summary>
    internal static string BinaryInput(TensorValue value, long? size = null) =>
        $"{{\"name\":{DataTypes.JsonText(value.Name)},\"shape\":{value.ShapeJson()},\"datatype\":\"{value.Type}\","
        + string.Create(
            CultureInfo.InvariantCulture,
            $"\"parameters\":{{\"binary_data_size\":{size ?? value.ToBinary().Length}}}}}");

    /// <summary>The list of outputs that are wanted, as a field.</summary>
    internal static string Outputs(params IEnumerable<string> names) =>
        $"\"outputs\":[{string.Join(',', names.Select(static name => $"{{\"name\":{DataTypes.JsonText(name)}}}"))}]";

    /// <summary>One output that is wanted with a parameter, as a field.</summary>
    internal static string Output(string name, string parameter, string value) =>
        $"\"outputs\":[{{\"name\":{DataTypes.JsonText(name)},\"parameters\":{{\"{parameter}\":{value}}}}}]";

    internal static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
