{{/* The beginning of every object's name, short enough for what comes behind it. */}}
{{- define "jobflow.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else if contains "jobflow" .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-jobflow" (.Release.Name | trunc 37 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* What finds the pods of a component; never changes, since a Deployment's selector cannot. Takes (list CONTEXT COMPONENT). */}}
{{- define "jobflow.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: jobflow
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* The labels of an object. Takes (list CONTEXT COMPONENT), or (list CONTEXT) for what belongs to all. */}}
{{- define "jobflow.labels" -}}
{{- $root := index . 0 -}}
{{- $own := dict "app.kubernetes.io/name" "jobflow" "app.kubernetes.io/instance" $root.Release.Name "app.kubernetes.io/version" $root.Chart.AppVersion -}}
{{- if gt (len .) 1 }}{{ $_ := set $own "app.kubernetes.io/component" (index . 1) }}{{ end -}}
{{- toYaml (merge $own $root.Values.commonLabels) -}}
{{- end -}}

{{/* The annotations of an object, with their key, or nothing. Takes (list CONTEXT OWN…), each of OWN a dict. */}}
{{- define "jobflow.annotations" -}}
{{- $root := index . 0 -}}
{{- $all := dict -}}
{{- range rest . }}{{ $all = merge $all . }}{{ end -}}
{{- $all = merge $all $root.Values.commonAnnotations -}}
{{- with $all -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* The labels of a pod. Takes (list CONTEXT COMPONENT LABELS). */}}
{{- define "jobflow.podLabels" -}}
{{- $root := index . 0 -}}
{{- $own := fromYaml (include "jobflow.selector" .) -}}
{{- toYaml (merge $own (index . 2) $root.Values.commonLabels) -}}
{{- end -}}

{{- define "jobflow.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the webhook's certificate. */}}
{{- define "jobflow.certificateSecret" -}}
{{- if eq .Values.certificates.mode "provided" -}}
{{- .Values.certificates.provided.secretName -}}
{{- else -}}
{{- .Values.certificates.secretName | default (printf "%s-webhook-tls" (include "jobflow.fullname" .)) -}}
{{- end -}}
{{- end -}}

{{/* Where the certificate is provided, the authority too; else it is injected, and must not be stated here. */}}
{{- define "jobflow.caBundle" -}}
{{- if eq .Values.certificates.mode "provided" -}}
{{- $given := .Values.certificates.provided.caBundle | trim -}}
caBundle: {{ ternary ($given | b64enc) ($given | replace "\n" "" | replace " " "") (hasPrefix "-----BEGIN" $given) }}
{{- end -}}
{{- end -}}

{{/* The username of the controller, as the API server knows it. */}}
{{- define "jobflow.controllerUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "jobflow.fullname" . }}-controller
{{- end -}}

{{/* The username of the clean-up, as the API server knows it. */}}
{{- define "jobflow.cleanUpUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "jobflow.fullname" . }}-cleanup
{{- end -}}

{{/* What the policy and the webhook see. Takes (list CONTEXT EXCLUDED): the namespaces that are left out where no list is given. */}}
{{- define "jobflow.namespaceSelector" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.namespaces -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: In
    values: {{ toJson (sortAlpha (uniq $root.Values.namespaces)) }}
{{- else if index . 1 -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values: {{ toJson (uniq (append (index . 1) $root.Release.Namespace)) }}
{{- end -}}
{{- end -}}

{{/* What every pod of the chart has: where it may run, and that it may do nothing else there. */}}
{{- define "jobflow.pod" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ toYaml . }}
{{- end }}
nodeSelector:
  {{- toYaml (merge (dict "kubernetes.io/os" "linux") .Values.nodeSelector) | nindent 2 }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "jobflow.container" -}}
image: {{ include "jobflow.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* How the replicas of a component keep apart. Takes (list CONTEXT COMPONENT VALUES). */}}
{{- define "jobflow.spread" -}}
{{- $selector := dict "matchLabels" (fromYaml (include "jobflow.selector" .)) -}}
{{- $values := index . 2 -}}
affinity:
  {{- if $values.affinity }}
  {{- toYaml $values.affinity | nindent 2 }}
  {{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            {{- toYaml $selector | nindent 12 }}
  {{- end }}
topologySpreadConstraints:
  {{- if $values.topologySpreadConstraints }}
  {{- range $values.topologySpreadConstraints }}
  - {{- toYaml (merge (deepCopy .) (dict "labelSelector" $selector)) | nindent 4 }}
  {{- end }}
  {{- else }}
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      {{- toYaml $selector | nindent 6 }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/* The probes of both programs. */}}
{{- define "jobflow.probes" -}}
livenessProbe:
  httpGet:
    path: /healthz
    port: health
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: health
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 3
{{- end -}}

{{/* What keeps node drains from taking the last replica of a component. Takes (list CONTEXT COMPONENT VALUES). */}}
{{- define "jobflow.disruptionBudget" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := index . 2 -}}
{{- if and $values.podDisruptionBudget.enabled (gt (int $values.replicas) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "jobflow.fullname" $root }}-{{ $component }}
  namespace: {{ toYaml $root.Release.Namespace }}
  labels:
    {{- include "jobflow.labels" (list $root $component) | nindent 4 }}
  {{- with include "jobflow.annotations" (list $root) }}{{ nindent 2 . }}{{ end }}
spec:
  minAvailable: {{ $values.podDisruptionBudget.minAvailable }}
  # A replica that is broken anyway must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "jobflow.selector" (list $root $component) | nindent 6 }}
{{- end }}
{{- end -}}

{{/*
A CustomResourceDefinition: the metadata is written here, the rest taken as it is from files/crds, which
`npm run schemas` writes. Those are not parsed as templates, so that nothing in a description is taken for one.
Takes (list CONTEXT PLURAL).
*/}}
{{- define "jobflow.crd" -}}
{{- $root := index . 0 -}}
{{- $plural := index . 1 -}}
{{- if $root.Values.crds.install -}}
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {{ $plural }}.api.practice.com
  labels:
    {{- include "jobflow.labels" (list $root) | nindent 4 }}
  {{- $kept := ternary (dict "helm.sh/resource-policy" "keep") dict $root.Values.crds.keep }}
  {{- with include "jobflow.annotations" (list $root $kept) }}{{ nindent 2 . }}{{ end }}
spec:
{{ regexSplit "\nspec:\n" ($root.Files.Get (printf "files/crds/%s.yaml" $plural)) 2 | last | trimSuffix "\n" }}
{{- end -}}
{{- end -}}
