using System.Reflection;
using System.Xml.Linq;

namespace Kedge.Repository.Tests.Documents;

/// <summary>The assemblies that ship, found by the project files and loaded from beside the tests.</summary>
internal static class Assemblies
{
    public static IReadOnlyList<Assembly> All() =>
    [
        .. Directory.EnumerateFiles(Tree.At("src"), "*.csproj", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(NameOf)
            .Select(name => Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"))),
    ];

    /// <summary>The values of every static field of type <typeparamref name="T"/>, with the field.</summary>
    public static IReadOnlyList<(FieldInfo Field, T Value)> FieldsOf<T>() =>
    [
        .. All().SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.ContainsGenericParameters)
            .SelectMany(type => type.GetFields(
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => field.FieldType == typeof(T) && !field.Name.StartsWith('<'))
            .Select(field => (field, (T)field.GetValue(null)!)), // static readonly fields are never null here
    ];

    private static string NameOf(string project) =>
        XDocument.Load(project).Descendants("AssemblyName").FirstOrDefault()?.Value
        ?? Path.GetFileNameWithoutExtension(project);
}
